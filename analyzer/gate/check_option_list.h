/*
 * Every option of the gate, in one table: those of `hashtrack check`, of `hashtrack run --check`,
 * and of a .hashtrack file, where they have the same names.
 *
 * CHECK_OPTION(name, KIND, field, argument, in_file, help)
 *   kind LIMIT    bytes, with an optional K, M or G
 *        FILL     a load, more than 0 and at most 1
 *        PERCENT  0 or more, with or without a %
 *        STATUS   an exit status, 0 to 255
 *        JOBS     1 to 64
 *        PATH     a file or a directory
 *        PATHS    the same, as often as one likes
 *        TEXT     one line
 *        TEXTS    the same, as often as one likes
 *        DATE     YYYY-MM-DD
 *        FORMAT   check_output.h
 *        COLOR    terminal.h
 *        FLAG     takes no argument
 */
CHECK_OPTION("max-hollow", LIMIT, max_hollow, "BYTES", true,
             "fail when all new hollow bytes together are more")
CHECK_OPTION("max-per-site", LIMIT, max_per_site, "BYTES", true,
             "fail when one place in the program has more; without\n"
             "either limit any new finding fails")
CHECK_OPTION("min-fill", FILL, min_fill, "LOAD", true,
             "call a table hollow below this load (0 to 1), whatever\n"
             "is usual for its kind")
CHECK_OPTION("min-saving", LIMIT, min_saving, "BYTES", true,
             "pass over tables whose best fix saves less\n"
             "(default: 1M, or 1 % of the tracked bytes if more)")
CHECK_OPTION("fail-on-increase", PERCENT, fail_on_increase, "PERCENT", true,
             "how much a finding of the baseline may grow\n"
             "(default 10); when given, the sum of all as well")
CHECK_OPTION("error-exitcode", STATUS, error_exitcode, "N", true,
             "exit status when a limit is passed (default 23)")
CHECK_OPTION("baseline", PATH, baseline, "FILE", true,
             "findings that are known: only new and larger ones\n"
             "count (default: hashtrack.baseline.json, beside\n"
             ".hashtrack or in the working directory, if it exists)")
CHECK_OPTION("update-baseline", FLAG, update_baseline, NULL, false,
             "write what was found into the baseline")
CHECK_OPTION("prune-baseline", FLAG, prune_baseline, NULL, false,
             "drop from the baseline what was not found any more")
CHECK_OPTION("strict-baseline", FLAG, strict_baseline, NULL, true,
             "fail when the baseline has what was not found")
CHECK_OPTION("accept", TEXT, accept, "ID", false,
             "note in the baseline that this finding is accepted")
CHECK_OPTION("reason", TEXT, reason, "TEXT", false, "why it is; --accept asks for it")
CHECK_OPTION("expires", DATE, expires, "YYYY-MM-DD", false,
             "the last day on which it is (default: for ever)")
CHECK_OPTION("suppressions", PATHS, suppressions, "FILE", true,
             "leave out what these lines match, written as for\n"
             "LeakSanitizer; may be given several times")
CHECK_OPTION("allow-missing", TEXTS, allow_missing, "PROGRAM", true,
             "be green although a process of PROGRAM (* and ? stand\n"
             "for others) was killed, crashed or could not be\n"
             "tracked; may be given several times")
CHECK_OPTION("gen-suppressions", FLAG, gen_suppressions, NULL, false,
             "print the lines that would suppress what was found")
CHECK_OPTION("format", FORMAT, outputs, "NAME[=PATH]", false,
             "an output, to PATH; several at once (default: text)")
CHECK_OPTION("source-root", PATH, source_root, "DIR", true,
             "files below it are named relative to it (default: the\n"
             "git checkout, or the working directory)")
CHECK_OPTION("config", TEXT, config, "FILE", false,
             "read this instead of the .hashtrack file found upward\n"
             "from the working directory")
CHECK_OPTION("no-config", FLAG, no_config, NULL, false, "read no .hashtrack file")
CHECK_OPTION("jobs", JOBS, jobs, "N", false,
             "read so many dumps at once (default: one a processor,\n"
             "at most 8)")
CHECK_OPTION("no-symbols", FLAG, no_symbols, NULL, false,
             "modules and offsets instead of functions and lines")
CHECK_OPTION("debuginfod", FLAG, debuginfod, NULL, false,
             "fetch missing debug information from DEBUGINFOD_URLS")
CHECK_OPTION("color", COLOR, color, "WHEN", false, "auto, always or never (default: auto)")
