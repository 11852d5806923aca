#!/usr/bin/zsh -f
# zsh's associative array as a script uses it.
#
# usage: zsh_array.zsh SCENARIO
# Scenarios: full, swept, empty, renewed (as is advised). zsh does not tell how many buckets an array
# has: it begins with 17 and takes four times as many for the entry that makes two in each
# (Src/hashtable.c).

entries=20000

buckets_for() { # entries
    local buckets=17
    while ((buckets * 2 <= $1)); do
        ((buckets *= 4))
    done
    print $buckets
}

typeset -A table
for i in {1..$entries}; do
    table[session-$i]=$i
done
most=$entries
case $1 in
full) ;;
swept | renewed)
    for i in {1..$entries}; do
        ((i % 50)) && unset "table[session-$i]"
    done
    ;;
empty)
    for i in {1..$entries}; do
        unset "table[session-$i]"
    done
    ;;
*)
    print -u2 "no such scenario: $1"
    exit 2
    ;;
esac
if [[ $1 == renewed ]]; then
    table=("${(@kv)table}")
    most=${#table}
fi
# Too small for a finding, whatever is in it.
print "TRUTH {\"implementation\": \"zsh hash table\", \"capacity\": $(buckets_for $most)," \
    "\"live\": ${#table}, \"peak\": $most, \"verdict\": \"ok\", \"snapshot\": \"signal\"}"
[[ -n $HASHTRACK_SIGNAL ]] && kill -USR2 $$
exit 0
