"""What the programs read: made here, or found on every Debian machine."""

import random
import shlex
import shutil
from pathlib import Path

from . import NotHere, find, run


def corpus(folder, megabytes):
    """Text that people wrote: Perl's and Python's own libraries."""
    path = folder / f"corpus-{megabytes}.txt"
    if not path.exists():
        left = megabytes << 20
        with path.open("wb") as out:
            for source in sorted([*Path("/usr/share/perl").rglob("*.p[lm]"),
                                  *Path("/usr/lib").glob("python3*/**/*.py")]):
                text = source.read_bytes()[:left]
                left -= out.write(text)
                if left <= 0:
                    break
    return path


def words(folder):
    path = folder / "words.txt"
    if not path.exists():
        text = corpus(folder, 8).read_text(errors="replace")
        path.write_text("\n".join(word for word in text.split() if word.isascii()) + "\n")
    return path


def c_source(folder):
    """A translation unit of the size of a small library, most of it generated."""
    path = folder / "unit.c"
    if path.exists():
        return path
    headers = ["stdio", "stdlib", "string", "unistd", "math", "errno", "signal", "pthread", "time",
               "sys/socket", "sys/stat", "netinet/in", "locale", "regex", "poll", "dirent"]
    parts = [f"#include <{header}.h>" for header in headers]
    for n in range(600):
        cases = "\n".join(
            f'    case {k * 7 + n}: t->count += {k}; t->name = "state {n} {k}"; break;'
            for k in range(12))
        parts.append(f"""
struct table_{n} {{
    int count; const char *name; double weight[{n % 9 + 1}]; struct table_{n} *next;
}};
static int step_{n}(struct table_{n} *t, int state)
{{
    switch (state) {{
{cases}
    default: t->weight[{n % 9 // 2}] = sqrt(t->count * {n}.5); break;
    }}
    for (int i = 0; i < {n % 9 + 1}; i++)
        t->weight[i] += strlen(t->name) * i;
    return t->next ? step_{n}(t->next, state + 1) : t->count;
}}
int use_{n}(int depth)
{{
    struct table_{n} a = {{ .name = "a" }}, b = {{ .name = "b", .next = &a }};
    int total = depth > 0 ? {f"use_{n - 1}(depth - 1)" if n else "0"} : 0;
    return total + step_{n}(&b, depth) + printf("%s %g\\n", b.name, a.weight[0]);
}}""")
    parts.append("int main(int argc, char **argv) { (void)argv; return use_599(argc); }")
    path.write_text("\n".join(parts))
    return path


def cxx_source(folder):
    """Much of the standard library, instantiated for many types."""
    path = folder / "unit.cc"
    if path.exists():
        return path
    headers = ["algorithm", "functional", "future", "iostream", "map", "memory", "numeric",
               "random", "regex", "set", "string", "tuple", "unordered_map", "variant", "vector"]
    parts = [f"#include <{header}>" for header in headers]
    for n in range(16):
        parts.append(f"""
namespace part_{n} {{
struct Record {{ int id = {n}; std::string name; std::vector<double> samples;
    bool operator<(const Record &other) const {{ return name < other.name; }} }};
template <int N> struct Level {{ std::map<int, Record> records; std::variant<int, std::string> tag;
    int sum() const {{ int total = N; for (auto &entry : records) total += entry.second.id;
        return total + Level<N - 1>().sum(); }} }};
template <> struct Level<0> {{ int sum() const {{ return {n}; }} }};
int work(const std::string &text) {{
    std::unordered_map<std::string, std::set<Record>> index;
    index[std::regex_replace(text, std::regex("a{n}|b+"), "c")].insert(Record());
    std::vector<Record> all;
    for (auto &entry : index) all.insert(all.end(), entry.second.begin(), entry.second.end());
    std::sort(all.begin(), all.end());
    std::function<int(int)> twice = [&](int x) {{ return 2 * x + int(all.size()); }};
    return twice(Level<12>().sum());
}} }}""")
    parts.append("int main() { int total = 0;")
    parts += [f'    total += part_{n}::work("text {n}");' for n in range(16)]
    parts.append("    std::cout << total << std::endl; }")
    path.write_text("\n".join(parts))
    return path


def driven_command(driver, options, inner):
    """The command that a compiler's driver would run: its lines come quoted from -###."""
    lines = run([find(driver), "-###", *options]).splitlines()
    for line in lines:
        if f"/{inner} " in line or f"/{inner}\" " in line:
            return shlex.split(line)
    raise NotHere(f"{driver} runs no {inner}")


def compiled(folder, driver, source):
    """An object file with debugging information."""
    path = folder / f"{driver}-{source.stem}.o"
    if not path.exists():
        run([find(driver), "-O1", "-g", "-c", str(source), "-o", str(path)])
    return path


def repository(folder):
    """Thirty commits over two thousand C headers."""
    path = folder / "repository"
    if path.exists():
        return path
    path.mkdir()
    git = [find("git"), "-C", str(path), "-c", "user.name=a", "-c", "user.email=a@example.org",
           "-c", "gc.auto=0"]
    run([*git, "init", "-q"])
    generator = random.Random(3)
    headers = sorted(file for file in Path("/usr/include").rglob("*.h")
                     if file.is_file() and file.stat().st_size < 100_000)[:2000]
    for n, header in enumerate(headers):
        (path / f"{n % 40}").mkdir(exist_ok=True)
        shutil.copy(header, path / f"{n % 40}" / f"{n}-{header.name}")
    files = sorted(path.glob("*/*.h"))
    for commit in range(30):
        if commit:
            for file in generator.sample(files, 150):
                lines = file.read_bytes().splitlines(keepends=True)
                generator.shuffle(lines)
                file.write_bytes(b"".join(lines))
        run([*git, "add", "."])
        run([*git, "commit", "-q", "-m", f"change {commit}"])
    return path
