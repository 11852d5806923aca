/*
 * The sections of a dump that are read into arrays of struct dump: SECTION(kind, array, count).
 * Included wherever all of them are gone through; INFO and STRINGS are apart.
 */
SECTION(COUNTERS, counters, counter_count)
SECTION(WARNINGS, warnings, warning_count)
SECTION(MODULES, modules, module_count)
SECTION(FRAMES, frames, frame_count)
SECTION(SITES, sites, site_count)
SECTION(TABLES, tables, table_count)
SECTION(ARRAYS, arrays, array_count)
SECTION(GROWTHS, growths, growth_count)
SECTION(READINGS, readings, reading_count)
SECTION(OWNERS, owners, owner_count)
SECTION(SUPPRESSIONS, suppressions, suppressions_count)
SECTION(SCRIPTS, scripts, script_count)
SECTION(GROWN_PLACES, grown_places, grown_place_count)
