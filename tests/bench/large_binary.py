#!/usr/bin/python3
"""Writes and builds a C++ program whose debugging information is very large.

usage: large_binary.py FOLDER [--units N] [--compiler g++] [--flags='-O2 -g3']

Every unit has types and tables of its own, so that nothing in it is shared with another unit, and
reaches its tables through templates of the standard library, as real programs do. The program makes
a table in each function of each unit. Only Python's standard library, ninja and the compiler are
needed; with `nice` it takes some minutes.
"""

import argparse
import pathlib
import subprocess

# What a unit includes decides how large its debugging information is.
UNIT = """\
#include <algorithm>
#include <any>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace unit@NUMBER@ {

template <int I> struct Key {
    long number;
    std::string text;
    bool operator==(const Key &other) const { return number == other.number; }
    bool operator<(const Key &other) const { return number < other.number; }
};

template <int I> struct Hash {
    size_t operator()(const Key<I> &key) const { return std::hash<long>()(key.number); }
};

template <int I> struct Value {
    std::vector<double> samples;
    std::optional<std::string> label;
    std::map<std::string, std::variant<long, double, std::string>> fields;
    std::shared_ptr<std::deque<Key<I>>> keys;
};

template <int I> class Registry {
public:
    void insert(long number)
    {
        by_key.try_emplace(Key<I>{number, "key"}, Value<I>{});
        order.insert(Key<I>{number, "other"});
    }
    template <typename Function> void each(long count, Function function)
    {
        std::vector<long> numbers(count);
        std::iota(numbers.begin(), numbers.end(), 0L);
        std::for_each(numbers.begin(), numbers.end(), function);
        std::stable_sort(numbers.begin(), numbers.end(), std::greater<long>());
    }
    void fill(long count)
    {
        std::function<void(long)> one = [this](long number) { insert(number); };
        each(count, [&one](long number) { one(number); });
    }
    void sweep() { by_key.clear(); }

private:
    std::unordered_map<Key<I>, Value<I>, Hash<I>> by_key;
    std::set<Key<I>> order;
};

template <int I> Registry<I> &registry()
{
    static Registry<I> one;
    return one;
}

template <int... I> void fill_all(long count, std::integer_sequence<int, I...>)
{
    (registry<I>().fill(count), ...);
    (registry<I>().sweep(), ...);
}

void run(long count) { fill_all(count, std::make_integer_sequence<int, @TABLES@>()); }

bool matches(const std::string &text)
{
    return std::regex_search(text, std::regex("[a-z]+@NUMBER@"));
}

} // namespace unit@NUMBER@
"""

MAIN = """\
@DECLARATIONS@
int main()
{
@CALLS@
    return 0;
}
"""


def write_sources(folder, units, tables):
    for number in range(units):
        text = UNIT.replace("@NUMBER@", str(number)).replace("@TABLES@", str(tables))
        (folder / f"unit{number}.cc").write_text(text)
    declarations = "\n".join(f"namespace unit{n} {{ void run(long count); }}" for n in range(units))
    calls = "\n".join(f"    unit{n}::run(2000);" for n in range(units))
    main = MAIN.replace("@DECLARATIONS@", declarations).replace("@CALLS@", calls)
    (folder / "main.cc").write_text(main)


def write_build_file(folder, units, compiler, flags):
    objects = ["main.o"] + [f"unit{n}.o" for n in range(units)]
    lines = [
        "rule compile",
        f"  command = {compiler} -std=c++17 {flags} -c $in -o $out",
        "rule link",
        f"  command = {compiler} @$out.rsp -o $out -lpthread",
        "  rspfile = $out.rsp",
        "  rspfile_content = $in",
    ]
    lines += [f"build {name}: compile {name[:-2]}.cc" for name in objects]
    lines.append("build large: link " + " ".join(objects))
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--units", type=int, default=48)
    parser.add_argument("--tables", type=int, default=24, help="tables in a unit")
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--flags", default="-O2 -g3")
    parser.add_argument("--jobs", default="1")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    write_sources(options.folder, options.units, options.tables)
    write_build_file(options.folder, options.units, options.compiler, options.flags)
    subprocess.run(["ninja", "-C", options.folder, "-j", options.jobs, "large"], check=True)
    print(options.folder / "large", (options.folder / "large").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
