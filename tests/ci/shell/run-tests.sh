#!/bin/sh
# Runs the tests that are named under hashtrack, then decides once over all of them.
set -u
dumps=$(mktemp -d)
trap 'rm -rf "$dumps"' EXIT
status=0
for test; do
    hashtrack run --quiet --dir "$dumps" -- "$test" || status=1
done
hashtrack check "$dumps" || status=$?
exit "$status"
