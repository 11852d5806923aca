/*
 * Every option of a report, in one table: those of `hashtrack report` and of `hashtrack run`, some
 * of which `hashtrack diff` has as well. `report --help` explains them.
 *
 * REPORT_OPTION(CODE, name, argument)     argument as getopt has it
 */
REPORT_OPTION(JSON, "json", no_argument)
REPORT_OPTION(ALL, "all", no_argument)
REPORT_OPTION(ALL_FRAMES, "all-frames", no_argument)
REPORT_OPTION(EXPLAIN, "explain", required_argument)
REPORT_OPTION(MIN_SAVING, "min-saving", required_argument)
REPORT_OPTION(NO_SYMBOLS, "no-symbols", no_argument)
REPORT_OPTION(DEBUGINFOD, "debuginfod", no_argument)
REPORT_OPTION(COLOR, "color", required_argument)
