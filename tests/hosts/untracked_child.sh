#!/bin/sh
# Scripts that set, clear and change what the children of a tracked shell get.
set -eu
program=$1

(unset LD_PRELOAD; "$program" finish | grep -c descriptor)
env -i "$program" finish | grep -c descriptor
LD_PRELOAD='' "$program" finish | grep -c descriptor
HASHTRACK_DIR=/does/not/exist "$program" finish | grep -c descriptor
# A directory of its own, gone before the child ends.
mkdir gone
HASHTRACK_DIR=$PWD/gone sh -c 'rmdir "$HASHTRACK_DIR"; "$0" finish | grep -c descriptor' "$program"
(cd / && "$program" finish | grep -c descriptor)
sh -c 'kill -9 $$' || echo "killed: $?"
sh -c 'exec 0<&- 1>&- 2>&-; exit 3' || echo "closed: $?"
yes | head -n 3
"$program" finish < /dev/null | true
seq 100000 | sort -r | tail -n 1
echo "$?"
