"""The folder of the stack: the one place that names the files under MCQ_HOME, and that makes the folders."""

import os
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import StackError


@dataclass(frozen=True)
class Home:
    """Paths under MCQ_HOME."""

    root: Path

    @property
    def state(self) -> Path:
        """Ports and processes, as JSON."""
        return self.root / "stack.json"

    @property
    def run(self) -> Path:
        """Locks and the list of users."""
        return self.root / "run"

    @property
    def users(self) -> Path:
        """One locked file for each process that uses the stack."""
        return self.run / "users"

    @property
    def door(self) -> Path:
        """The lock that makes joining and leaving one step, so that "am I the last one" has one answer."""
        return self.run / "door.lock"

    @property
    def logs(self) -> Path:
        """One file for each part, and `stack.log` for the supervision."""
        return self.root / "logs"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data folder."""
        return self.root / "postgres"

    @property
    def postgres_password(self) -> Path:
        """The database password."""
        return self.root / "postgres-password"

    @property
    def temporal(self) -> Path:
        """The folder of Temporal's database file."""
        return self.root / "temporal"

    @property
    def temporal_database(self) -> Path:
        """Temporal's database file (SQLite)."""
        return self.temporal / "temporal.db"

    def lock_of(self, part: str) -> Path:
        """The lock that is held by the process that supervises a part."""
        return self.run / f"{part}.lock"

    def log_of(self, part: str) -> Path:
        """The log of a part."""
        return self.logs / f"{part}.log"

    def create(self) -> None:
        """Make the folders that are missing. StackError where that can't be done."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.run, self.users, self.logs):
                folder.mkdir(exist_ok=True, mode=0o700)
        except (FileExistsError, NotADirectoryError) as error:
            raise StackError(
                f"{error.filename} is a file where a folder should be. Move it, or set MCQ_HOME."
            ) from error
        except OSError as error:
            raise StackError(
                f"Can't make the folder {error.filename}: {error.strerror}. "
                "Give it to this user, or set MCQ_HOME to another folder."
            ) from error
        if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
            raise StackError(
                f"No permission to write to {self.root}. Give it to this user, or set MCQ_HOME to another folder."
            )
