#!/bin/sh
# Real programs for longer: their own test suites, servers under load, compilers. As real_programs.sh
# does, prints what is the same from run to run. Status 77: not installed.
#
#     long_programs.sh CASE
# The programs in single quotes belong to perl, awk and others: nothing in them is the shell's.
# shellcheck disable=SC2016
set -eu

need() {
    for program; do
        command -v "$program" > /dev/null || { echo "$program is not installed"; exit 77; }
    done
}

wait_for() {
    tries=0
    until "$@" > /dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 500 ] || { echo "never ready: $*"; exit 1; }
        sleep 0.02
    done
}

# Waits for a child and says how it ended.
ended() { # name pid
    status=0
    wait "$2" || status=$?
    echo "$1: $status"
}

# --- CPython's own tests; the package libpython3.11-testsuite has them ---

cpython() {
    /usr/bin/python3 -c 'import test.test_dict' 2> /dev/null ||
        { echo "CPython's tests are not installed"; exit 77; }
    status=0
    # Results without the times and the random seed.
    /usr/bin/python3 -m test -v "$1" > output 2>&1 || status=$?
    sed -nE -e 's/ \.\.\. .*(ok|FAIL|ERROR|skipped).*/ ... \1/p' -e '/^(FAIL|ERROR):/p' \
        -e 's/^(Ran [0-9]+ tests) in.*/\1/p' output | sort
    echo "$1: status $status"
    rm -rf output build
}

case_cpython_dict() { cpython test_dict; }
case_cpython_set() { cpython test_set; }
case_cpython_gc() { cpython test_gc; }
case_cpython_threading() { cpython test_threading; }
case_cpython_fork1() { cpython test_fork1; }
case_cpython_subprocess() { cpython test_subprocess; }

# --- servers ---


case_redis_replication() {
    need redis-server redis-cli redis-benchmark
    mkdir first second
    redis-server --port 0 --unixsocket "$PWD/first/socket" --dir "$PWD/first" --save '' \
        --repl-diskless-sync-delay 0 --port 17391 --bind 127.0.0.1 > first/log &
    first=$!
    wait_for redis-cli -s first/socket ping
    redis-server --port 0 --unixsocket "$PWD/second/socket" --dir "$PWD/second" --save '' \
        --replicaof 127.0.0.1 17391 > second/log &
    second=$!
    wait_for redis-cli -s second/socket ping
    wait_for sh -c 'redis-cli -s second/socket info replication | grep -q master_link_status:up'
    redis-benchmark -s first/socket -q -n 60000 -c 20 -P 8 -r 20000 \
        -t set,get,incr,lpush,rpush,sadd,hset,zadd,spop > benchmark
    grep -c 'requests per second' benchmark
    for _ in 1 2 3; do
        redis-cli -s first/socket bgsave
        redis-benchmark -s first/socket -q -n 20000 -c 20 -P 8 -r 20000 -t set,hset > /dev/null
        wait_for sh -c 'redis-cli -s first/socket info persistence | grep -q rdb_bgsave_in_progress:0'
        redis-cli -s first/socket info persistence | grep rdb_last_bgsave_status
    done
    redis-cli -s first/socket bgrewriteaof
    wait_for sh -c 'redis-cli -s first/socket info persistence | grep -q aof_rewrite_in_progress:0'
    redis-cli -s first/socket eval 'for i = 1, 20000 do redis.call("set", "k" .. i, i) end' 0
    redis-cli -s first/socket eval 'for i = 1, 19000 do redis.call("del", "k" .. i) end' 0
    redis-cli -s first/socket wait 1 10000
    one=$(redis-cli -s first/socket --no-raw debug digest 2> /dev/null || true)
    [ "$(redis-cli -s first/socket dbsize)" = "$(redis-cli -s second/socket dbsize)" ] && echo same
    [ -n "$one" ] && redis-cli -s first/socket get k20000
    redis-cli -s first/socket shutdown nosave || true
    redis-cli -s second/socket shutdown nosave || true
    ended first "$first"
    ended second "$second"
    rm -rf first second benchmark
}

case_memcached_threads() {
    need memcached perl
    memcached -u "$(id -un)" -s "$PWD/socket" -a 700 -m 64 -t 4 -o hashpower=14 &
    server=$!
    wait_for perl -MIO::Socket::UNIX -e 'exit !IO::Socket::UNIX->new(Peer => "socket")'
    for client in 1 2 3 4; do
        perl -MIO::Socket::UNIX -e '
            my $c = shift;
            my $s = IO::Socket::UNIX->new(Peer => "socket") or die;
            for my $i (1 .. 30000) {
                print $s "set key$c-$i 0 0 5\r\nvalue\r\n"; <$s>;
                if ($i % 3) { print $s "delete key$c-$i\r\n"; <$s>; }
            }
            my $found = 0;
            for my $i (1 .. 30000) {
                print $s "get key$c-$i\r\n";
                while (($_ = <$s>) !~ /^END/) { $found++ if /^value/; }
            }
            print "found $found\n";' "$client" > "found$client" &
        eval "client$client=\$!"
    done
    for client in 1 2 3 4; do
        eval "ended client \$client$client"
        cat "found$client"
    done
    kill "$server"
    ended server "$server"
    rm -f socket found*
}

case_nginx() {
    command -v nginx > /dev/null || PATH=$PATH:/usr/sbin
    need nginx perl
    mkdir -p site logs
    for i in $(seq 50); do
        seq "$i" > "site/$i"
    done
    cat > nginx.conf << CONF
daemon off;
worker_processes 2;
pid $PWD/logs/pid;
error_log $PWD/logs/error warn;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $PWD/logs/a; proxy_temp_path $PWD/logs/b; fastcgi_temp_path $PWD/logs/c;
    uwsgi_temp_path $PWD/logs/d; scgi_temp_path $PWD/logs/e;
    server { listen unix:$PWD/socket; root $PWD/site; gzip on; gzip_types *; gzip_min_length 1; }
}
CONF
    nginx -p "$PWD" -c "$PWD/nginx.conf" -e "$PWD/logs/error" &
    server=$!
    wait_for test -S socket
    perl -MIO::Socket::UNIX -e '
        my ($bytes, $good) = (0, 0);
        for my $i (1 .. 3000) {
            my $s = IO::Socket::UNIX->new(Peer => "socket") or die;
            print $s "GET /" . ($i % 60 + 1) . " HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n";
            local $/; my $answer = <$s>;
            $good++ if $answer =~ m{^HTTP/1.1 200};
        }
        print "$good\n";'
    kill -HUP "$server" # new workers, and the old ones end
    wait_for test -S socket
    sleep 0.3
    perl -MIO::Socket::UNIX -e '
        my $s = IO::Socket::UNIX->new(Peer => "socket") or die;
        print $s "GET /7 HTTP/1.0\r\n\r\n"; local $/; print length(<$s>) > 100 ? "served\n" : "not\n";'
    kill -QUIT "$server"
    ended server "$server"
    wc -l < logs/error
    rm -rf site logs nginx.conf socket
}

# --- tools ---

case_git_repository() {
    need git
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_AUTHOR_DATE='1700000000 +0000'
    export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org GIT_CONFIG_NOSYSTEM=1
    export GIT_COMMITTER_DATE='1700000000 +0000'
    git init -q -b main repository
    cd repository
    git config pack.threads 2
    git config gc.auto 0
    # A stream for fast-import: 1,500 commits that change 40 of 2,000 files each.
    awk 'BEGIN {
        for (c = 1; c <= 1500; c++) {
            printf "commit refs/heads/main\nmark :%d\ncommitter a <a@e> %d +0000\ndata 2\nc\n",
                c, 1600000000 + c;
            for (f = 0; f < 40; f++) {
                text = "";
                n = (c * 40 + f * 7) % 2000;
                for (l = 0; l < 20; l++) text = text (n * l + (l == c % 20 ? c : 0)) "\n";
                printf "M 100644 inline d%d/f%d\ndata %d\n%s\n", n % 50, n, length(text), text;
            }
        }
    }' | git fast-import --quiet
    git rev-parse main
    git fsck --strict 2>&1 | sort
    git repack -q -a -d -f
    git gc -q --prune=now
    git fsck --strict --full 2>&1 | sort
    git log --oneline -- d7 | wc -l
    git log --stat -n 200 | cksum
    git blame d7/f7 2> /dev/null | wc -l
    git clone -q --no-local . ../copy
    git -C ../copy rev-parse HEAD
    cd ..
    rm -rf repository copy
}

case_sqlite_long() {
    need sqlite3
    sqlite3 database << 'SQL'
pragma journal_mode = wal;
create table t (n integer primary key, word text, value real);
create index words on t (word, value);
with recursive up (n) as (select 1 union all select n + 1 from up where n < 300000)
insert into t select n, 'word ' || (n * 7919 % 5000), n * 0.5 from up;
select word, count(*), sum(value) from t group by word order by 2 desc, 1 limit 5;
delete from t where n % 3 <> 0;
vacuum;
select count(*), sum(n) from t;
with a as (select word, count(*) c from t group by word)
select c, count(*) from a group by c order by c limit 5;
pragma integrity_check;
SQL
    rm -f database*
}

write_units() { # how many
    for i in $(seq "$1"); do
        cat > "unit$i.cc" << UNIT
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>
int work$i(int n)
{
    std::unordered_map<std::string, std::vector<int>> groups;
    std::map<int, std::function<int(int)>> functions;
    for (int i = 0; i < n; i++) {
        groups[std::to_string(i % 97 + $i)].push_back(i);
        functions[i % 31] = [i](int x) { return x + i; };
    }
    int sum = 0;
    for (auto &group : groups)
        if (group.first != "7")
            sum += functions[(int)group.second.size() % 31](1);
    std::ostringstream text;
    text << sum;
    return (int)text.str().size() + sum;
}
UNIT
    done
    {
        for i in $(seq "$1"); do echo "int work$i(int);"; done
        echo '#include <cstdio>'
        echo 'int main() { int sum = 0;'
        for i in $(seq "$1"); do echo "sum += work$i($i * 100);"; done
        echo 'std::printf("%d", sum); std::puts(""); }'
    } > main.cc
}

compile_units() { # compiler option...
    write_units 4
    for unit in main unit1 unit2 unit3 unit4; do
        "$@" -ffile-prefix-map="$PWD=." -std=c++17 -c "$unit.cc" -o "$unit.o"
        cksum < "$unit.o"
    done
    "$@" -o program ./*.o
    ./program
    "$@" -c missing.cc 2> /dev/null || echo "status $?"
    rm -f ./*.cc ./*.o program
}

case_gcc() { need g++; compile_units g++ -O2 -g -frandom-seed=1; }
case_clang() { need clang++; compile_units clang++ -O2 -g; }

case_rust() {
    need rustc
    # rustup's rustc looks for its toolchains in the user's home, which is another one here.
    home=$(getent passwd "$(id -un)" | cut -d: -f6)
    [ ! -d "$home/.rustup" ] || export RUSTUP_HOME="${RUSTUP_HOME:-$home/.rustup}"
    cat > threads.rs << 'RUST'
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{mpsc, Arc, Mutex, RwLock};
use std::thread;
fn main() {
    let shared: Arc<RwLock<HashMap<u64, String>>> = Arc::default();
    let sums = Arc::new(Mutex::new(BTreeMap::new()));
    let (sender, receiver) = mpsc::channel::<HashSet<u64>>();
    let threads: Vec<_> = (0..8u64)
        .map(|t| {
            let (shared, sums, sender) = (shared.clone(), sums.clone(), sender.clone());
            thread::spawn(move || {
                let mut own = HashMap::new();
                for i in 0..60_000u64 {
                    own.insert(i * 8 + t, vec![t; (i % 7) as usize]);
                    if i % 16 == 0 {
                        shared.write().unwrap().insert(i * 8 + t, format!("{}", i));
                    }
                }
                own.retain(|key, _| key % 100 < 2);
                sums.lock().unwrap().insert(t, own.values().map(|v| v.len()).sum::<usize>());
                sender.send(own.keys().copied().collect()).unwrap();
            })
        })
        .collect();
    drop(sender);
    let all: HashSet<u64> = receiver.iter().flatten().collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let caught = thread::spawn(|| panic!("on purpose")).join().is_err();
    println!("{} {} {:?} {}", all.len(), shared.read().unwrap().len(), sums.lock().unwrap(), caught);
}
RUST
    # The compiler may bring an allocator of its own, of which the tracker sees nothing.
    env -u LD_PRELOAD rustc -O -C debuginfo=0 threads.rs
    ./threads 2> /dev/null
    rm -f threads threads.rs
}

case_cmake() {
    need cmake make cc
    mkdir project
    cat > project/CMakeLists.txt << 'CMAKE'
cmake_minimum_required(VERSION 3.10)
project(example C)
foreach(i RANGE 200)
  set(variable_${i} "${i}")
  list(APPEND all ${variable_${i}})
endforeach()
list(LENGTH all count)
message(STATUS "${count} variables")
foreach(i RANGE 40)
  file(WRITE ${CMAKE_BINARY_DIR}/source_${i}.c "int function_${i}(void) { return ${i}; }\n")
  add_library(part_${i} STATIC ${CMAKE_BINARY_DIR}/source_${i}.c)
endforeach()
CMAKE
    cmake -S project -B built > output
    grep variables output
    make -C built -j 2 > output
    grep -c Built output
    rm -rf project built output
}

case_node() {
    need node
    node --version
    node -e '
        const { Worker } = require("worker_threads");
        const map = new Map();
        for (let i = 0; i < 400000; i++) map.set("key" + i, { i });
        for (let i = 0; i < 399000; i++) map.delete("key" + i);
        const text = JSON.stringify([...map]);
        const zipped = require("zlib").gzipSync(text);
        console.log(map.size, text.length, require("zlib").gunzipSync(zipped).length,
            require("crypto").createHash("sha256").update(text).digest("hex"));
        let left = 3;
        for (let w = 0; w < 3; w++)
            new Worker("require(\"worker_threads\").parentPort.postMessage([...Array(1e5).keys()].length)",
                { eval: true }).on("message", n => { if (--left === 0) console.log("workers", n); });'
}

case_perl() {
    need perl
    perl -e '
        my %all; $all{$_ * 7919 % 100003} = [$_] x 3 for 1 .. 200000;
        delete $all{$_} for 1 .. 99000;
        my @sorted = sort { $a <=> $b } keys %all;
        print scalar(@sorted), " $sorted[0] $sorted[-1]\n";
        my $text = join " ", 1 .. 200000; my $n = () = $text =~ /\b\d*7\d*\b/g; print "$n\n";
        for my $i (1 .. 20) { my $pid = fork; exit $i % 4 unless $pid; waitpid $pid, 0; print $? >> 8; }
        print "\n";'
    command -v prove > /dev/null && perl -MTest::More -e 'is_deeply({a => [1]}, {a => [1]}); done_testing'
}

case_ruby() {
    need ruby
    ruby -e '
        all = {}
        300_000.times { |i| all["key#{i}"] = [i] * 3 }
        299_000.times { |i| all.delete("key#{i}") }
        GC.start
        threads = 4.times.map { |t| Thread.new { (1..50_000).map { |i| i * t }.group_by { |x| x % 97 }.size } }
        p all.size, threads.map(&:value), `echo child`.chomp, (fork { exit 3 }; Process.wait; $?.exitstatus)'
}

case_"$1"
