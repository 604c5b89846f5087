"""The demo model as a process of its own, with its ledger and its faults at hand."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2


class DemoModel:
    """`url` is the OpenAI base URL."""

    def __init__(self, home: Path, *, latency: str = "0", faults: str = "") -> None:
        self.home = home
        self._environment = {
            **os.environ,
            "MCQ_HOME": str(home),
            "DEMO_MODEL_LATENCY": latency,
            "DEMO_MODEL_FAULTS": faults,
        }
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cli", "demo-model", "--port", "0"],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[-1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def calls(self, workflow_id: str) -> list[dict[str, Any]]:
        """The ledger's lines of one generation, in order."""
        return read_ledger(self.home, workflow_id)

    def fault(self, kind: str, **options: Any) -> None:
        """Let calls fail, e.g. `fault("server_error", times=2)`, besides the rules that are there."""
        response = httpx2.post(self._admin, json={"rules": [{"kind": kind, **options}]})
        assert response.status_code < 300, response.text

    def clear_faults(self) -> None:
        """Let all calls succeed again."""
        assert httpx2.delete(self._admin).status_code < 300

    @property
    def _admin(self) -> str:
        return self.url.removesuffix("/v1") + "/admin/faults"


def read_ledger(home: Path, workflow_id: str = "") -> list[dict[str, Any]]:
    """The lines of the ledger under `home` whose request id begins with `workflow_id`."""
    path = home / "demo-model" / "ledger.jsonl"
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return [line for line in lines if line["request_id"].startswith(workflow_id)]
