#!/bin/bash
# Every shell script parses, may be executed, and pleases shellcheck where that is installed:
# check_shell.sh SOURCE_ROOT.
set -u
cd "$1" || exit 1

failures=0
scripts=0
while IFS= read -r -d '' file; do
    IFS= read -r first <"$file" || continue
    case $first in
    '#!'*sh) ;;
    *) continue ;;
    esac
    scripts=$((scripts + 1))
    if [ ! -x "$file" ]; then
        echo "$file: has no run bit"
        failures=$((failures + 1))
    fi
    "${first#\#!}" -n "$file" || failures=$((failures + 1))
    if command -v shellcheck >/dev/null; then
        shellcheck "$file" || failures=$((failures + 1))
    fi
done < <(find .ci examples tests -type f -print0 2>/dev/null)

if [ "$scripts" -eq 0 ]; then
    echo "no shell scripts under $1: wrong folder?"
    exit 1
fi
echo "$scripts scripts read, $failures complaints"
[ "$failures" -eq 0 ]
