#!/usr/bin/gawk -E
# gawk's array with keys that are strings, as a program uses it.
#
# usage: gawk_array.awk SCENARIO
# Scenarios: full, hollow, one, churn, nested (arrays in an array). gawk does not tell how many
# buckets an array has: it goes from one of these numbers to the next for the entry that would be the
# third in each (str_array.c).

function capacity_for(entries,    sizes, i) {
    split("13 127 1021 8191 16381 32749 65497 131101 262147 524309", sizes, " ")
    for (i = 1; entries >= 3 * sizes[i]; i++)
        ;
    return sizes[i]
}

function print_truth(verdict, live, peak) {
    printf "TRUTH {\"implementation\": \"gawk array\", \"capacity\": %d, \"live\": %d, " \
        "\"peak\": %d, \"verdict\": \"%s\", \"snapshot\": \"signal\"}\n", \
        capacity_for(peak), live, peak, verdict
    fflush()
}

BEGIN {
    scenario = ARGV[1]
    entries = scenario == "hollow" ? 400000 : 40000
    verdict = scenario == "hollow" ? "hollow" : "ok" # the others are too small for a finding
    for (i = 0; i < entries; i++)
        if (scenario == "nested")
            table["session-" i]["name"] = i
        else
            table["session-" i] = i
    if (scenario == "hollow") {
        for (i = 0; i < entries; i++)
            if (i % 50)
                delete table["session-" i]
    } else if (scenario == "one") {
        for (i = 1; i < entries; i++)
            delete table["session-" i]
    } else if (scenario == "churn") {
        for (i = 0; i < entries; i++) {
            delete table["session-" i]
            table["session-" (i + entries)] = i
        }
    } else if (scenario != "full" && scenario != "nested") {
        print "no such scenario: " scenario > "/dev/stderr"
        exit 2
    }
    print_truth(verdict, length(table), entries)
    if ("HASHTRACK_SIGNAL" in ENVIRON)
        system("kill -USR2 " PROCINFO["pid"])
    exit 0
}
