/*
 * Every option of the tracker, in one table.
 *
 * `hashtrack run --NAME VALUE` and the environment variable HASHTRACK_NAME (capitals, - as _) are
 * the same thing; the preloaded library reads the variables, the command sets them. A value that
 * makes no sense is ignored and named in the dump's warnings.
 *
 * OPTION(field, name, kind, default, minimum, maximum, help)
 *   kind BYTES   a number with an optional K, M or G
 *        NUMBER  a number
 *        SIGNAL  a signal's name ("USR2", "SIGUSR2") or number, 0 for none
 *        PATH    an existing directory
 */
OPTION(dir, "dir", PATH, 0, 0, 0, "directory for dumps (default: the working directory)")
OPTION(threshold, "threshold", BYTES, 1024, 256, 1 << 30,
       "track blocks of at least this many bytes (default 1K)")
OPTION(depth, "depth", NUMBER, 32, 1, 64, "frames kept of each call stack (default 32)")
OPTION(signal, "signal", SIGNAL, 0, 0, 64,
       "take a snapshot when this signal arrives (default: none)")
