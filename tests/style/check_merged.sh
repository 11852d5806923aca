#!/bin/sh
# No file still has the marks of an unfinished merge: check_merged.sh SOURCE_ROOT.
# A compiler sees them in sources, nothing sees them in a manual page.
set -eu
cd "$1"
if found=$(grep -rnIE '^(<<<<<<<|>>>>>>>)( |$)' README.md docs meson.build meson_options.txt \
    analyzer preload examples tests); then
    echo "$found"
    exit 1
fi
