/*
 * The outputs of `check`, in the order in which --help names them. To add one: write
 * render_check_NAME.c with the function render_check_NAME and add a line here.
 */
CHECK_OUTPUT(text, "for people, with what it takes to fix or accept a finding")
CHECK_OUTPUT(json, "everything, for programs")
CHECK_OUTPUT(junit, "JUnit XML, which most CI systems show")
CHECK_OUTPUT(sarif, "SARIF 2.1.0, for code scanning and editors")
CHECK_OUTPUT(github, "annotations and the summary of a step of GitHub Actions")
CHECK_OUTPUT(gitlab, "a Code Quality report of GitLab")
CHECK_OUTPUT(tap, "the Test Anything Protocol")
