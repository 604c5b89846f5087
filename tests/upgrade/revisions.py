"""Earlier revisions of this repository: which ones are run, and a tree of each."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.support.content import ROOT

# The newest commit whose workflow code is not today's.
OTHER_WORKFLOWS = "other-workflows"
LISTED = Path(__file__).parent / "revisions.txt"


class NotHere(Exception):
    """The revision cannot be had; the text says why."""


def names() -> list[str]:
    """What is run: the last other workflow code, and each release; the listed commits while nothing is released."""
    try:
        released = git("tag", "--list", "v*").split()
    except NotHere:
        released = []
    return [OTHER_WORKFLOWS, *(released or listed())]


def listed() -> list[str]:
    """The commits in the list; its other lines are the reasons."""
    lines = LISTED.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def unpack(name: str, folder: Path) -> str:
    """Put the tree of a revision into a folder; returns its commit."""
    commit = _last_other_workflows() if name == OTHER_WORKFLOWS else _commit(name)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", commit))) as tree:
        tree.extractall(folder, filter="data")
    return commit


def imported_by(tree: Path) -> set[Path]:
    """Where a process that starts in this tree takes modules from, but for the libraries.

    The installed package points at today's code: what the tree does not shadow would silently be that.
    """
    listing = (
        "import sys, sysconfig, cli, worker\n"
        "libraries = tuple(sysconfig.get_paths()[name] for name in ('stdlib', 'platstdlib', 'purelib', 'platlib'))\n"
        "files = [getattr(module, '__file__', None) for module in list(sys.modules.values())]\n"
        "print(*(file for file in files if file and not file.startswith(libraries)), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", listing], cwd=tree, capture_output=True, text=True, check=True)
    files = [Path(line) for line in done.stdout.splitlines()]
    return {tree if file.is_relative_to(tree) else file.parent for file in files}


def git(*arguments: str) -> str:
    """What git says about this repository; NotHere when it says nothing."""
    return _git(*arguments).decode().strip()


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    except OSError as error:
        raise NotHere("git is not installed") from error
    if done.returncode != 0:
        raise NotHere(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip() or 'no'}")
    return done.stdout


def _commit(name: str) -> str:
    try:
        return git("rev-parse", "--verify", f"{name}^{{commit}}")
    except NotHere as reason:
        raise NotHere(f"this clone has no {name}; it may be too shallow ({reason})") from None


def _last_other_workflows() -> str:
    for commit in git("log", "--format=%H", "--", "workflows/").split():
        if git("diff", "--name-only", commit, "--", "workflows/"):
            return commit
    raise NotHere("this clone has no commit with other workflow code; it may be too shallow")
