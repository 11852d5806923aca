/*
 * The verbs of hashtrack(1), in the order in which --help prints them. To add one: write cmd_NAME.c
 * with the function cmd_NAME and add a line here.
 */
VERB(run, "run a program under the tracker, then report")
VERB(report, "say which hash tables of a dump are hollow and what to do about it")
VERB(check, "fail when tables of a dump are hollow that nobody knew of: the CI gate")
VERB(diff, "say what appeared, grew and went between two dumps")
VERB(snapshot, "take a dump of a tracked program that is running now")
