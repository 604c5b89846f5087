"""What a measurement runs on: an embedded stack in a folder of its own, an API process, accounts and quizzes."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from api.tokens import Tokens
from commands.content import read_files
from embedded.part import Addresses
from embedded.stack import Stack
from settings import Settings
from storage.engine import create_engine
from storage.migrate import migrate
from storage.quizzes import NewDocument, QuizStore
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "samples" / "cell-biology.md"
SECRET = "a secret of a measurement on this machine"  # noqa: S105


@dataclass(frozen=True)
class Bench:
    """The stack, its settings, and a token for everything in it."""

    addresses: Addresses
    settings: Settings
    folder: Path

    def environment(self) -> Mapping[str, str]:
        """For processes of ours."""
        return {
            "DATABASE_URL": self.addresses.database_url,
            "TEMPORAL_ADDRESS": self.addresses.temporal_address,
            "API_SECRET_KEY": SECRET,
            "OPENAI_MODEL": "demo-model",
            "MCQ_HOME": str(self.folder / "home"),
            "LOG_LEVEL": "WARNING",
        }

    def token(self, owner: uuid.UUID) -> str:
        """A bearer token."""
        return Tokens(SECRET, hours=1).issue(owner)

    @contextlib.contextmanager
    def api(self, processes: int) -> Iterator[tuple[int, int]]:
        """(port, process id) of an API that answers."""
        with self.process("api", "--port", "0", "--processes", str(processes)) as (process, url):
            port = int(url.rpartition(":")[2])
            while True:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:  # noqa: S310 - ours
                    if answer.status == 200:
                        break
                time.sleep(0.1)
            yield port, process.pid

    @contextlib.contextmanager
    def process(self, *arguments: str, **environment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
        """A command of ours, and the address in its first line."""
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment(), **environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None  # noqa: S101 - asked for above
            yield process, process.stdout.readline().strip().rpartition(" ")[2]
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def bench() -> Iterator[Bench]:
    """A fresh stack, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mcq-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        with Stack(Settings(_env_file=None, mcq_home=home)) as stack:
            addresses = stack.addresses
            migrate(addresses.database_url)
            settings = Settings(
                _env_file=None,
                mcq_home=home,
                database_url=addresses.database_url,
                temporal_address=addresses.temporal_address,
                openai_model="demo-model",
            )
            yield Bench(addresses, settings, Path(folder))


@contextlib.contextmanager
def stores(settings: Settings) -> Iterator[tuple[QuizStore, WorkflowStateStore]]:
    """The stores."""
    engine = create_engine(settings.require_database_url())
    yield QuizStore(engine), WorkflowStateStore(engine)


async def quiz_with_content(quizzes: QuizStore, owner: uuid.UUID) -> Quiz:
    """A quiz with the sample chapter."""
    documents = [NewDocument(one.name, one.title, one.text) for one in read_files([SAMPLE])]
    return await quizzes.create(Quiz(owner_id=owner, title="Cells"), documents)
