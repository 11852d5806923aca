"""Tools of every day."""

import shutil
from pathlib import Path

from . import SHARED_CPUS, Work, find, program, run, text_file
from .inputs import corpus, repository, words


@program
def git_add(folder):
    """takes 2,000 files into an index"""
    tree = repository(folder)
    return Work([find("git"), "-C", str(tree), "--git-dir", str(fresh_git_directory(folder)),
                 "--work-tree", str(tree), "add", "."])


def fresh_git_directory(folder):
    path = folder / "other.git"
    shutil.rmtree(path, ignore_errors=True)
    run([find("git"), "init", "-q", "--bare", str(path)])
    run([find("git"), "--git-dir", str(path), "config", "core.bare", "false"])
    return path


@program
def git_log(folder):
    """prints 30 commits with renames, copies and patches"""
    return Work([find("git"), "-C", str(repository(folder)), "--no-pager", "log", "-p", "--stat",
                 "-M", "-C"])


@program
def git_pack_objects(folder):
    """deltifies all objects of the repository"""
    objects = text_file(folder, "no-objects", "")
    return Work([find("git"), "-C", str(repository(folder)), "pack-objects", "--all", "--stdout",
                 "--no-reuse-delta", f"--threads={SHARED_CPUS}", "-q"], stdin=objects)


@program
def git_blame(folder):
    """follows the lines of one file, moves and copies included"""
    tree = repository(folder)
    file = max(tree.glob("*/*.h"), key=lambda path: path.stat().st_size)
    return Work([find("git"), "-C", str(tree), "--no-pager", "blame", "-M", "-C", "-C", str(file)])


@program
def sort(folder):
    """sorts eight megabytes of words"""
    return Work([find("sort"), "-S", "32M", f"--parallel={SHARED_CPUS}", str(words(folder))],
                environment={"LC_ALL": "C.UTF-8"})


@program
def grep(folder):
    """looks for 20,000 words at once"""
    patterns = folder / "patterns.txt"
    if not patterns.exists():
        patterns.write_text("\n".join(sorted(set(words(folder).read_text().split()))[:20_000]))
    return Work([find("grep"), "-c", "-F", "-f", str(patterns), str(corpus(folder, 8))])


@program
def tar(folder):
    """archives the repository, hard links included"""
    return Work([find("tar"), "-cf", str(folder / "tree.tar"), "-C", str(repository(folder)), "."])


@program
def xz(folder):
    """compresses eight megabytes in two threads"""
    return Work([find("xz"), "-6", f"-T{SHARED_CPUS}", "--block-size=2MiB", "-k", "-c",
                 str(corpus(folder, 8))])


@program
def openssl(folder):
    """verifies every certificate of the system against all of them, or one of its own"""
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if not bundle.exists():
        bundle = folder / "own.pem"
        run([find("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=own",
             "-keyout", str(folder / "own.key"), "-out", str(bundle)])
    parts = bundle.read_text().split("-----END CERTIFICATE-----\n")[:-1]
    files = []
    for n, part in enumerate(parts * (1 + 600 // len(parts))):
        files.append(folder / f"certificate-{n}.pem")
        files[-1].write_text(part + "-----END CERTIFICATE-----\n")
    # Status 2: one of the system's certificates does not verify itself.
    return Work([find("openssl"), "verify", "-CAfile", str(bundle), *map(str, files)],
                version=[find("openssl"), "version"], statuses=(0, 2))


@program
def curl(folder):
    """fetches 3,000 files, fifty at a time"""
    urls = folder / "urls.txt"
    urls.write_text("".join(f'url = "file://{file}"\noutput = "/dev/null"\n'
                            for file in sorted(repository(folder).glob("*/*.h")) * 2))
    return Work([find("curl"), "-s", "-Z", "--parallel-max", "50", "-K", str(urls)])


@program
def xmllint(folder):
    """validates a document with 100,000 identifiers and asks it a question"""
    document = folder / "many.xml"
    if not document.exists():
        rows = "\n".join(f'<item id="i{n}" class="c{n % 100}"><name>name {n}</name></item>'
                         for n in range(100_000))
        document.write_text("<!DOCTYPE list [<!ELEMENT list (item*)><!ELEMENT item (name)>"
                            "<!ELEMENT name (#PCDATA)><!ATTLIST item id ID #REQUIRED "
                            f"class CDATA #REQUIRED>]><list>{rows}</list>")
    return Work([find("xmllint"), "--huge", "--valid", "--xpath", "count(//item[@class='c7'])",
                 str(document)])


@program
def vim(folder):
    """edits four megabytes and counts their words in a dictionary"""
    script = text_file(folder, "count.vim", r"""
        set nomore undolevels=100
        %s/\<the\>/The/ge
        g/^#/normal! x
        let g:words = {}
        for line in getline(1, 30000)
            for word in split(line, '\W\+')
                let g:words[word] = get(g:words, word, 0) + 1
            endfor
        endfor
        sort
        qall!
        """)
    path = find("vim.basic", "vim")
    return Work([path, "-Nu", "NONE", "-i", "NONE", "-n", "-es", "-S", str(script),
                 str(corpus(folder, 4))])
