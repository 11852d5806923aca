#!/bin/bash
# Of the library that checks its locks only the sources in `locking_sources` (preload/meson.build) are
# compiled for it; the rest of its objects are the library's own. A source that takes a lock and is
# not listed would go unchecked.
set -euo pipefail
cd "$1/preload"

takes='\block_(take|take_within|try|release|check_none)\('
while read -r header; do
    takes+="|\"${header##*/}\""
done < <(grep -rlE "$takes" --include='*.h' . | grep -v '/base/lock\.h$')

diff <(grep -rlE "$takes" --include='*.c' . | sed 's|^\./||' | grep -v '^base/lock_check\.c$' | sort) \
    <(sed -n "/^locking_sources = files(/,/^)/s/^  '\(.*\)',$/\1/p" meson.build | sort) ||
    { echo "preload/meson.build: < takes locks and is missing, > takes none and is listed" >&2; exit 1; }
