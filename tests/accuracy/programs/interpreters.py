"""Interpreters with scripts that fill tables."""

import os

from . import NotHere, Work, find, program, text_file
from .inputs import corpus, words


@program
def python3(folder):
    """parses the standard library and keeps the trees, counts names in dicts and sets"""
    script = text_file(folder, "trees.py", """
        import ast, collections, pathlib, sys
        trees, names, where = [], collections.Counter(), collections.defaultdict(set)
        for path in sorted(pathlib.Path(ast.__file__).parent.rglob("*.py"))[:450]:
            try:
                tree = ast.parse(path.read_bytes())
            except (SyntaxError, ValueError):
                continue
            trees.append(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.Name):
                    names[node.id] += 1
                    where[node.id].add(path)
        print(len(trees), len(names), sum(map(len, where.values())))
        """)
    if not os.path.exists("/usr/bin/python3"):
        raise NotHere("there is no /usr/bin/python3")
    return Work(["/usr/bin/python3", str(script)])


@program
def perl(folder):
    """indexes the words of Perl's own library, by word and file"""
    script = text_file(folder, "index.pl", r"""
        use strict; use warnings; use File::Find; use POSIX; use Encode;
        my (%count, %where, %pairs);
        find({ no_chdir => 1, wanted => sub {
            return unless /\.p[lm]$/ && -f;
            open my $in, '<', $_ or return;
            my $file = $_;
            while (my $line = <$in>) {
                my $before = '';
                for my $word ($line =~ /\w+/g) {
                    $count{$word}++; $where{$word}{$file} = $.; $pairs{"$before $word"}++;
                    $before = $word;
                }
            }
        } }, '/usr/share/perl');
        my @top = sort { $count{$b} <=> $count{$a} } keys %count;
        print scalar(@top), " ", scalar(keys %pairs), "\n";
        """)
    return Work([find("perl"), str(script)])


@program
def ruby(folder):
    """parses Ruby's own library into trees and indexes its words"""
    script = text_file(folder, "index.rb", r"""
        require "rbconfig"; require "ripper"; require "set"; require "json"
        trees = []; count = Hash.new(0); where = Hash.new { |h, k| h[k] = Set.new }
        Dir[File.join(RbConfig::CONFIG["rubylibdir"], "**", "*.rb")].sort.first(250).each do |path|
          text = File.read(path, encoding: "UTF-8").scrub
          trees << Ripper.sexp(text)
          text.scan(/\w+/) { |word| count[word] += 1; where[word] << path }
        end
        puts trees.size, count.size, where.to_a.size
        """)
    return Work([find("ruby"), "--disable-gems", str(script)])


@program
def node(folder):
    """fills Maps, parses and prints JSON, compresses it"""
    script = text_file(folder, "maps.js", """
        const zlib = require('zlib'), fs = require('fs');
        const map = new Map(), set = new Set(), text = fs.readFileSync(process.argv[2], 'utf8');
        for (const word of text.split(/\\W+/)) {
            map.set(word, (map.get(word) || 0) + 1);
            set.add(word);
        }
        const json = JSON.stringify([...map]);
        for (let i = 0; i < 10; i++) JSON.parse(json);
        console.log(map.size, zlib.gzipSync(json).length, zlib.brotliCompressSync(json).length);
        """)
    return Work([find("node"), str(script), str(corpus(folder, 8))])


@program
def bash(folder):
    """counts words in an associative array"""
    script = text_file(folder, "count.sh", """
        declare -A count
        while read -r word; do
            [[ $word =~ ^[A-Za-z_]+$ ]] && count[$word]=$((${count[$word]:-0} + 1))
        done < <(head -n 150000 "$1")
        echo "${#count[@]}"
        """)
    return Work([find("bash"), str(script), str(words(folder))])


@program
def gawk(folder):
    """counts words and pairs of words"""
    script = text_file(folder, "count.gawk", """
        { for (i = 1; i <= NF; i++) { count[$i]++; pair[$i][$(i - 1)]++ } }
        END { print length(count), length(pair) }
        """)
    return Work([find("gawk"), "-f", str(script), str(corpus(folder, 8))])


@program
def mawk(folder):
    """counts words and pairs of words"""
    script = text_file(folder, "count.mawk", """
        { for (i = 1; i <= NF; i++) { count[$i]++; pair[$i, $(i - 1)]++ } }
        END { n = 0; for (k in pair) n++; print n }
        """)
    return Work([find("mawk"), "-f", str(script), str(corpus(folder, 8))],
                version=[find("mawk"), "-W", "version"])


@program
def tclsh(folder):
    """counts words in an array and in a dict"""
    script = text_file(folder, "count.tcl", """
        set in [open [lindex $argv 0]]
        set pairs [dict create]
        while {[gets $in line] >= 0} {
            incr count($line)
            dict incr pairs "[string length $line] [string range $line 0 3]"
        }
        puts "[array size count] [dict size $pairs]"
        """)
    version = text_file(folder, "version.tcl", "puts [info patchlevel]\n")
    return Work([find("tclsh"), str(script), str(words(folder))],
                version=[find("tclsh"), str(version)])


@program
def lua(folder):
    """counts words, keeps their places"""
    script = text_file(folder, "count.lua", """
        local count, where = {}, {}
        local n = 0
        for line in io.lines(arg[1]) do
            n = n + 1
            for word in line:gmatch("%w+") do
                count[word] = (count[word] or 0) + 1
                where[word] = where[word] or {}
                table.insert(where[word], n)
            end
        end
        local words = 0
        for _ in pairs(count) do words = words + 1 end
        print(words)
        """)
    path = find("lua5.4", "lua")
    return Work([path, str(script), str(corpus(folder, 8))], version=[path, "-v"])
