#!/bin/sh
# Many short processes, as a build or a test suite starts them: processes.sh ROUNDS
set -eu
round=0
while [ "$round" -lt "$1" ]; do
    /bin/true
    /bin/bash -c 'word=$(printf %s word); [ "$word" = word ]'
    /usr/bin/perl -e 'my %seen = map { $_ => 1 } 1 .. 100'
    /usr/bin/python3 -c 'import json; json.loads("{}")'
    round=$((round + 1))
done
