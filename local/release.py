"""Whether a tag can be released, and what is said of it: `python -m local.release v1.2.3 https://…` (the address of the
repository) prints the section of that version in the changelog. release.yml asks it; so does whoever is about to set a
tag.
"""

from __future__ import annotations

import json
import re
import sys

from local.package import PackageFailed, version
from local.setup import ROOT


class NotReleasable(Exception):
    """The tag cannot be released; the message says what to change."""


def main(tag: str, repository: str) -> int:
    """Prints the notes of the release; the exit status."""
    try:
        check_release_file(repository, version(), (ROOT / "infra" / "release.json").read_text())
        print(notes_for(tag, version(), (ROOT / "CHANGELOG.md").read_text()))
    except (NotReleasable, PackageFailed) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


def check_release_file(repository: str, version: str, content: str) -> None:
    """Raises NotReleasable unless infra/release.json is of this repository and version: the template makes of it the
    address of its package.
    """
    wanted = {"repository": repository, "version": version}
    if json.loads(content) != wanted:
        raise NotReleasable(
            f"infra/release.json has to be {json.dumps(wanted)}; then: .venv/bin/python -m local.bicep_check --write"
        )


def notes_for(tag: str, version: str, changelog: str) -> str:
    """The section of this version in the changelog, without its heading. Raises NotReleasable if the tag is not `v` and
    the version of the product, or if nothing stands there.
    """
    if tag != f"v{version}":
        raise NotReleasable(f"the tag is {tag}, but functions/__init__.py says {version}: change one of the two")
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    found = [text for title, _, text in (one.partition("\n") for one in sections) if title.split()[:1] == [version]]
    if len(found) != 1 or not found[0].strip():
        raise NotReleasable(f"CHANGELOG.md needs one section `## {version}` that says what has changed")
    return found[0].strip()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m local.release TAG REPOSITORY")
    sys.exit(main(sys.argv[1], sys.argv[2]))
