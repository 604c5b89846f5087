"""PostgreSQL's data folder and password: makes them once, whole or not at all, and refuses a folder that isn't ours."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from embedded.errors import StackError
from embedded.home import Home
from embedded.logs import Report
from embedded.state import sync_folder, write_new_file
from embedded.system_user import SystemUser

SUPERUSER = "postgres"
MAJOR_VERSION = "18"

_INITDB_TIMEOUT = 300.0  # seconds; it takes one, and a slow disk may need many
_DRAFT = "postgres.new-"  # prefix of the folder that becomes the data folder


def check(data: Path) -> None:
    """StackError if an existing data folder can't be used; it is left as it is. Changes nothing and is cheap."""
    try:
        if data.exists():
            _check_folder(data)
    except PermissionError as error:
        raise StackError(
            f"No permission to read PostgreSQL's data folder: {error.filename}. "
            "Start as the user that owns it, or chown it."
        ) from error


def _check_folder(data: Path) -> None:
    if not data.is_dir():
        raise StackError(f"{data} is a file where PostgreSQL's data folder should be. Move it away.")
    names = {path.name for path in data.iterdir()}
    if not names:
        return
    if "PG_VERSION" not in names:
        raise StackError(
            f"{data} isn't a PostgreSQL data folder (it has no PG_VERSION) and was left as it is. Move it away."
        )
    version = (data / "PG_VERSION").read_text(encoding="utf-8", errors="replace").strip()
    if version != MAJOR_VERSION:
        raise StackError(
            f"{data} was made by PostgreSQL {version!r}, and this is PostgreSQL {MAJOR_VERSION}. It was left as it is. "
            f"Move it away to start with empty data; to keep the data, dump it with its own version first."
        )
    if not (data / "global" / "pg_control").is_file():
        raise StackError(
            f"The PostgreSQL data folder {data} is damaged (it has no global/pg_control). Restore it from a backup."
        )
    owner = data.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise StackError(
            f"The PostgreSQL data folder {data} belongs to user id {owner}. Start as that user, or chown it."
        )


def password(home: Home) -> str:
    """The database password. StackError if it can't be read."""
    try:
        found = home.postgres_password.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise StackError(
            f"The database password {home.postgres_password} is gone, and without it the data in {home.postgres} "
            "can't be opened. Put the file back from a backup."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StackError(f"Can't read the database password {home.postgres_password}: {error}.") from error
    if not found:
        raise StackError(f"The database password {home.postgres_password} is empty. Put the file back from a backup.")
    return found


def ensure_password(home: Home) -> None:
    """Make the password once, before there is data. With the door locked. StackError if existing data can't be used."""
    if home.postgres_password.exists():
        return
    check(home.postgres)
    if home.postgres.exists() and any(home.postgres.iterdir()):
        password(home)  # raises: it is gone
    draft = home.postgres_password.with_name(f".{home.postgres_password.name}.{secrets.token_hex(4)}")
    try:
        write_new_file(draft, secrets.token_hex(24).encode())
        draft.rename(home.postgres_password)
        sync_folder(home.root)
    except OSError as error:
        raise StackError(f"Can't write the database password {home.postgres_password}: {error.strerror}.") from error


def ensure(home: Home, binaries: Path, user: SystemUser | None, environment: dict[str, str], report: Report) -> None:
    """Make the data folder if there is none. Called by the one owner of the part. StackError with the reason."""
    remove_drafts(home)
    check(home.postgres)
    if home.postgres.exists() and any(home.postgres.iterdir()):
        return
    report("postgres: making an empty database")
    draft = home.root / f"{_DRAFT}{secrets.token_hex(4)}"
    try:
        draft.mkdir(mode=0o700)
        # initdb, which may run as another user, reads the password from a file; ours is for this user's eyes only.
        copy = draft / "password"
        write_new_file(copy, password(home).encode())
        if user is not None:
            os.chown(draft, user.uid, user.gid)
            os.chown(copy, user.uid, user.gid)
        _initdb(binaries, draft / "data", copy, user, environment)
        # Killed before this line: a draft, removed by the next start. After it: a whole data folder (initdb syncs it).
        (draft / "data").rename(home.postgres)
        sync_folder(home.root)
    except OSError as error:
        raise StackError(f"Can't make PostgreSQL's data folder {home.postgres}: {error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def remove_drafts(home: Home) -> None:
    """Remove what a killed initdb left: never data, as a draft becomes the data folder by being renamed."""
    for draft in home.root.glob(f"{_DRAFT}*"):
        shutil.rmtree(draft, ignore_errors=True)


def _initdb(
    binaries: Path, data: Path, password_file: Path, user: SystemUser | None, environment: dict[str, str]
) -> None:
    command = [
        str(binaries / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        # PostgreSQL's own collation: the system's may be missing, and its upgrades silently break text indexes.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=data.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_INITDB_TIMEOUT,
            check=False,
            start_new_session=True,
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
        )
    except subprocess.TimeoutExpired as error:
        raise StackError(f"initdb didn't end within {_INITDB_TIMEOUT:g} s.") from error
    if done.returncode != 0:
        raise StackError(f"initdb failed with exit status {done.returncode}: {(done.stderr or done.stdout).strip()}")
