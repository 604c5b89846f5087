"""Prints the part of requirements.lock that something needs: `python runtime_requirements.py requirements.lock mcq`.

The lock holds what the service needs and what its tests need, in one resolution, so that what is tested is what runs.
An image wants the first part only. Each entry of the lock says by `# via` what it is there for; this follows that back
from the roots that are named: `mcq` is the service itself, any other name is a package of the lock. Hashes stay, and
pip refuses an entry that is missing, so a mistake here ends the build and not the service.

It needs nothing but Python: it runs before anything is installed.
"""

import re
import sys
from pathlib import Path

# What the lock calls the dependencies of the project; those of its development group are `mcq (pyproject.toml:dev)`.
PROJECT = "mcq (pyproject.toml)"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def entries(lock: str) -> dict[str, str]:
    """Each package of the lock with its lines: the pin, the hashes, the comment that tells why it is there."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        start = _NAME.match(line)
        if start is not None:
            name = start[0]
        if name:
            found[name] = found.get(name, "") + line
    return found


def users(entry: str) -> set[str]:
    """What an entry is there for, from its `# via` comment."""
    comment = "".join(line.strip().lstrip("#") + "\n" for line in entry.splitlines() if line.lstrip().startswith("#"))
    _, _, names = comment.partition("via")
    return {name.strip() for name in names.splitlines() if name.strip()}


def needed(lock: str, roots: list[str]) -> list[str]:
    """The entries, in the order of the lock, that the roots need, directly or not, with those of them that are ones."""
    all_entries = entries(lock)
    reached = {PROJECT if root == "mcq" else root for root in roots}
    unknown = reached - all_entries.keys() - {PROJECT}
    if unknown:
        raise SystemExit(f"not in the lock: {', '.join(sorted(unknown))}")
    while True:
        more = {name for name, entry in all_entries.items() if name not in reached and users(entry) & reached}
        if not more:
            return [entry for name, entry in all_entries.items() if name in reached]
        reached |= more


if __name__ == "__main__":
    sys.stdout.writelines(needed(Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2:]))
