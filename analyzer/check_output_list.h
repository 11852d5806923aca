/*
 * The outputs of `check`, in the order in which --help names them. To add one: write
 * render_check_NAME.c with the function render_check_NAME and add a line here.
 */
CHECK_OUTPUT(text, "for people, with what it takes to fix or accept a finding")
CHECK_OUTPUT(json, "everything, for programs")
