"""The versions whose generations may be in flight: released ones, and the one that is under way."""

import re
import subprocess
import tomllib

from tests.support.content import ROOT

_RELEASED = re.compile(r"^## \[v?(\d+\.\d+\.\d+[^\]]*)\]", re.MULTILINE)


def under_way() -> str:
    """What the package calls itself: the version that is released next, or was just now."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def in_changelog(text: str) -> list[str]:
    """The versions that a changelog tells of, newest first."""
    return _RELEASED.findall(text)


def tagged() -> list[str]:
    """The versions that git has a tag for; none where git or its folder is not there."""
    try:
        done = subprocess.run(["git", "tag", "--list", "v*"], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return []
    return [tag.removeprefix("v") for tag in done.stdout.split()]
