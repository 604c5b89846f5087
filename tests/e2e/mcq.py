"""Runs `mcq` as a user does, and looks at what it leaves."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.demo import read_ledger
from tests.support.waiting import until_now

SAMPLE = next((Path(__file__).parent.parent.parent / "samples").glob("*.md"))


@dataclass
class Finished:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON document."""
        assert self.out, self.err
        return json.loads(self.out)


class Mcq:
    """The command line with its own MCQ_HOME. `environment` is added to every command's."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home.parent
        self.environment: dict[str, str] = {}
        self._running: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            env={**os.environ, **self.environment, "MCQ_HOME": str(self.home)},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        return process

    def run(self, *arguments: str, seconds: float = 300) -> Finished:
        """Run a command to its end."""
        return self.finish(self.start(*arguments), seconds)

    def finish(self, process: subprocess.Popen[str], seconds: float = 300) -> Finished:
        """Wait for a command to end."""
        out, err = process.communicate(timeout=seconds)
        return Finished(process.returncode, out, err)

    def generate(self, questions: int, *options: str) -> subprocess.Popen[str]:
        """Start the main job on the sample chapter."""
        return self.start("generate", str(SAMPLE), "--questions", str(questions), "--json", *options)

    @property
    def questions_file(self) -> Path:
        """Where `generate` writes unless told otherwise."""
        return self.folder / "questions.json"

    def questions(self) -> list[dict[str, Any]]:
        """The questions in the file; empty while there is none."""
        if not self.questions_file.exists():
            return []
        content: dict[str, list[dict[str, Any]]] = json.loads(self.questions_file.read_text())
        return content["questions"]

    def until_questions(self, count: int, seconds: float = 240) -> None:
        """Wait until the file has at least so many."""
        until_now(lambda: len(self.questions()), lambda made: made >= count, seconds)

    def part(self, name: str) -> int:
        """The process id of a part of the stack; fails when it is not recorded."""
        state = json.loads((self.home / "stack.json").read_text())
        return int(state["parts"][name]["pid"])

    def kill(self, name: str) -> int:
        """SIGKILL a part; returns the id it had."""
        pid = self.part(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def ledger(self) -> list[dict[str, Any]]:
        """Every call that the demo model has seen."""
        return read_ledger(self.home)

    def end(self) -> None:
        """End what still runs of the commands started here, and the stack they left."""
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.run("stop")
