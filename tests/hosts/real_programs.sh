#!/bin/sh
# Programs that everybody has, doing a little of what they do every day. What they print goes to
# stdout, with everything that differs from run to run (process ids, times) left out. Status 77: not
# installed.
#
#     real_programs.sh CASE
#
# The scripts for python, perl and ruby lie beside this one.
set -eu
here=$(dirname "$0")

need() {
    for program; do
        command -v "$program" > /dev/null || { echo "$program is not installed"; exit 77; }
    done
}

# Waits until the command given succeeds: servers take their time.
wait_for() {
    tries=0
    until "$@" > /dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || { echo "never ready: $*"; exit 1; }
        sleep 0.02
    done
}

case_git() {
    need git
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='1700000000 +0000'
    export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org GIT_CONFIG_NOSYSTEM=1
    export GIT_COMMITTER_DATE='1700000000 +0000'
    git init -q -b main repository
    cd repository
    for i in $(seq 300); do
        echo "line $i" > "file$i"
    done
    git add .
    git commit -q -m 'three hundred files'
    git rm -q file1
    echo changed > file2
    git commit -q -a -m 'fewer'
    git log --stat --oneline | tail -n 3
    git fsck --strict
    git gc -q
    git grep -c line | wc -l
    git archive HEAD | cksum
    cd ..
    rm -rf repository
}

case_compiler() {
    need g++
    cat > unit.cc << 'UNIT'
#include <algorithm>
#include <iostream>
#include <string>
#include <unordered_map>
int main()
{
    std::unordered_map<std::string, int> counts;
    for (int i = 0; i < 1000; i++)
        counts[std::to_string(i % 100)]++;
    std::cout << counts.size() << std::endl;
}
UNIT
    g++ -O1 -frandom-seed=1 -c unit.cc -o unit.o
    cksum < unit.o
    g++ unit.o -o unit
    ./unit
    g++ -c missing.cc 2> /dev/null || echo "status $?"
    rm unit.o unit
}

case_redis() {
    need redis-server redis-cli
    redis-server --port 0 --unixsocket "$PWD/socket" --enable-debug-command yes --save '' \
        --daemonize no > /dev/null &
    server=$!
    wait_for redis-cli -s socket ping
    redis-cli -s socket debug populate 50000
    redis-cli -s socket dbsize
    redis-cli -s socket set name value
    redis-cli -s socket get name
    redis-cli -s socket flushall
    redis-cli -s socket save
    redis-cli -s socket shutdown nosave || true
    wait "$server"
    echo "server: $?"
    rm -f dump.rdb socket
}

case_memcached() {
    need memcached perl
    memcached -c 64 -u "$(id -un)" -s "$PWD/socket" -a 700 -m 16 &
    server=$!
    wait_for test -S socket
    perl -MIO::Socket::UNIX -e '
        my $socket = IO::Socket::UNIX->new(Peer => "socket") or die;
        for my $i (1 .. 5000) { print $socket "set key$i 0 0 5\r\nvalue\r\n"; <$socket>; }
        print $socket "get key77\r\n";
        print scalar <$socket> for 1 .. 3;
        print $socket "flush_all\r\n";
        print scalar <$socket>;'
    kill "$server"
    status=0
    wait "$server" || status=$?
    echo "server: $status"
    rm -f socket
}

case_text_tools() {
    need sort find tar xz awk sed grep
    seq 200000 | sed 's/7/seven/g' | sort -k1,1 -S 1M --parallel=2 | cksum
    seq 100000 | awk '{ count[$1 % 5000]++ } END { n = 0; for (k in count) n++; print n }'
    mkdir tree
    for i in $(seq 200); do
        seq "$i" > "tree/$i"
    done
    find tree -type f -size -2 | wc -l
    tar --sort=name --mtime=@0 --owner=0 --group=0 -cf tree.tar tree
    xz -T2 -k tree.tar
    xz -dc tree.tar.xz | cmp - tree.tar && echo same
    grep -rhc . tree | sort -n | tail -n 1
    rm -r tree tree.tar.xz
    find /does/not/exist 2> /dev/null || echo "find: $?"
    rm tree.tar
}

case_sqlite() {
    need sqlite3
    sqlite3 database << 'SQL'
create table numbers (n integer primary key, word text);
with recursive up (n) as (select 1 union all select n + 1 from up where n < 20000)
insert into numbers select n, 'word ' || (n % 1000) from up;
create index words on numbers (word);
select count(distinct word) from numbers;
select a.word, count(*) from numbers a join numbers b using (word) group by 1 order by 1 limit 3;
pragma integrity_check;
SQL
    rm database
}

case_python() {
    [ -x /usr/bin/python3 ] || { echo "no /usr/bin/python3"; exit 77; }
    exec /usr/bin/python3 "$here/real_python.py"
}

case_perl() {
    need perl
    exec perl "$here/real_perl.pl"
}

case_ruby() {
    need ruby
    exec ruby --disable-gems "$here/real_ruby.rb"
}

case_node() {
    need node
    exec node -e '
        const map = new Map();
        for (let i = 0; i < 200000; i++) map.set("key" + i, i);
        for (let i = 0; i < 199000; i++) map.delete("key" + i);
        console.log(map.size, require("child_process").execSync("echo child").toString().trim());'
}

case_"$1"
