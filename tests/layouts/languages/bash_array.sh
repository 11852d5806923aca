#!/bin/bash
# Bash's associative array as a script uses it.
#
# usage: bash_array.sh SCENARIO
# Scenarios: full, hollow, one. Bash does not tell how many buckets an array has: hashlib.c
# begins with 1,024 and takes four times as many for the entry that finds two in each.
set -eu

name="Bash hash table"

buckets_for() { # entries
    local buckets=1024
    while ((buckets * 2 < $1)); do
        buckets=$((buckets * 4))
    done
    echo "$buckets"
}

fill() { # entries
    local i
    for ((i = 0; i < $1; i++)); do
        table[session-$i]=$i
    done
}

print_truth() { # verdict peak
    printf 'TRUTH {"implementation": "%s", "capacity": %d, "live": %d, "peak": %d, ' \
        "$name" "$(buckets_for "$2")" "${#table[@]}" "$2"
    printf '"verdict": "%s", "snapshot": "signal"}\n' "$1"
}

take_snapshot() {
    if [ -n "${HASHTRACK_SIGNAL-}" ]; then
        kill -USR2 $$
    fi
}

declare -A table
case $1 in
full)
    fill 33000
    print_truth ok 33000
    ;;
one) # too small to be worth a word
    fill 9000
    for ((i = 1; i < 9000; i++)); do
        unset "table[session-$i]"
    done
    print_truth ok 9000
    ;;
hollow)
    fill 132000
    for ((i = 0; i < 132000; i++)); do
        ((i % 50)) && unset "table[session-$i]"
    done
    print_truth hollow 132000
    ;;
*)
    echo "no such scenario: $1" >&2
    exit 2
    ;;
esac
take_snapshot
