# An array that was swept, for check_program.py. A full one and a list beside it.
# usage: sweep.tcl hollow | fixed
# `array statistics` says how many buckets an array has. Its keys are numbered, so that their hashes are
# neighbours: when such a table grows, most of it lies as before.

proc buckets name {
    upvar #0 $name table
    regexp {(\d+) buckets} [array statistics table] all buckets
    return $buckets
}

proc describe {name verdict} {
    upvar #0 $name table
    puts [format {TRUTH {"implementation": "Tcl_HashTable", "live": %d, "capacity": %d, "verdict": "%s"}} \
        [array size table] [buckets $name] $verdict]
}

for {set i 0} {$i < 300000} {incr i} {set sessions(key$i) $i}
for {set i 3000} {$i < 300000} {incr i} {unset sessions(key$i)}
if {[lindex $argv 0] eq "fixed"} {
    set before [buckets sessions]
    array set smaller [array get sessions]
    array unset sessions
    puts "GAVE_BACK Tcl_HashTable [expr {8 * ($before - [buckets smaller])}]"
    exit
}
for {set i 0} {$i < 150000} {incr i} {set full(name-$i) $i}
set numbers [lrepeat 600000 0.5]
describe sessions hollow
describe full ok
