#!/usr/bin/python3
"""Every relative link of the Markdown files leads to a file, and to a heading in it where it names one:
check_links.py SOURCE_ROOT."""

import pathlib
import re
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def anchors(document):
    """What links to the headings of a document end with."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            for heading in HEADING.findall(document.read_text(encoding="utf-8"))}


def main(root):
    documents = [root / "README.md", *sorted((root / "docs").glob("*.md")),
                 *sorted((root / "examples").glob("*.md"))]
    links = broken = 0
    for document in documents:
        for target in LINK.findall(document.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", target):
                continue  # the web is not asked from a test
            links += 1
            path, _, anchor = target.partition("#")
            file = document.parent / path if path else document
            if not file.exists() or (anchor and anchor not in anchors(file)):
                print(f"{document.relative_to(root)}: {target} leads nowhere")
                broken += 1
    print(f"{links} links in {len(documents)} documents, {broken} broken")
    return 1 if broken or not links else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
