"""The API as a process of its own, as users run it, and a client that speaks to it over HTTP."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from settings import Settings
from tests.support.content import ROOT
from tests.support.waiting import until_now

SECRET = "a secret of the tests, long enough to be one"


class ApiProcess:
    """`mcq api` on a free port."""

    def __init__(self, settings: Settings, folder: Path, *, processes: int = 1, **environment: str) -> None:
        self._log = (folder / f"api-{os.urandom(4).hex()}.log").open("w+b")
        assert settings.database_url is not None
        self._environment = {
            **os.environ,
            "DATABASE_URL": settings.database_url.get_secret_value(),
            "TEMPORAL_ADDRESS": settings.temporal_address or "",
            "TASK_QUEUE": settings.task_queue,
            "API_SECRET_KEY": SECRET,
            "OPENAI_MODEL": settings.openai_model,
            "OPENAI_BASE_URL": settings.openai_base_url or "",
            "WORKFLOW_MIRROR_DELAY": str(settings.workflow_mirror_delay),
            "RECONCILE_INTERVAL": "0.5",
            **environment,
        }
        self._arguments = ["--processes", str(processes)]
        self.url = ""

    def __enter__(self) -> Self:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "cli", "api", "--port", "0", *self._arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip().rpartition(" ")[2]
        assert self.url.startswith("http"), self.log()
        until_now(lambda: _answers(self.url), bool, 60)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(30)
        self._log.close()

    def log(self) -> str:
        """What it wrote to its log so far."""
        self._log.flush()
        return Path(self._log.name).read_text(encoding="utf-8")


class User:
    """Somebody with an account, and a client with their token."""

    def __init__(self, url: str, email: str, password: str = "a good password") -> None:  # noqa: S107 - of the tests
        self.email, self.password = email, password
        self.client = httpx2.Client(base_url=url, timeout=30, trust_env=False)
        self.client.post("/auth/sign-up", json={"email": email, "password": password}).raise_for_status()
        self.sign_in()

    def sign_in(self) -> None:
        """Take a new token."""
        form = {"username": self.email, "password": self.password}
        token = self.client.post("/auth/token", data=form).raise_for_status().json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def quiz(self, title: str = "A quiz", *, text: str | None = None) -> str:
        """A new quiz, with a document if there is a text; returns its id."""
        quiz_id: str = self.client.post("/quiz", json={"title": title}).raise_for_status().json()["id"]
        if text is not None:
            document = {"title": title, "text": text}
            self.client.post(f"/quiz/{quiz_id}/documents", json=document).raise_for_status()
        return quiz_id

    def generate(self, quiz_id: str, count: int, **body: Any) -> str:
        """Ask for questions; returns the workflow id."""
        request = {"target_question_count": count, **body}
        answer = self.client.post(f"/quiz/{quiz_id}/generate-questions", json=request).raise_for_status()
        workflow_id: str = answer.json()["workflow_id"]
        return workflow_id

    def status(self, quiz_id: str, workflow_id: str) -> dict[str, Any]:
        """The status of a generation."""
        answer = self.client.get(f"/quiz/{quiz_id}/generation-status", params={"workflow_id": workflow_id})
        content: dict[str, Any] = answer.raise_for_status().json()
        return content

    def until_status(self, quiz_id: str, workflow_id: str, *wanted: str, seconds: float = 60) -> Mapping[str, Any]:
        """The status once it is one of `wanted`."""
        return until_now(lambda: self.status(quiz_id, workflow_id), lambda now: now["status"] in wanted, seconds)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False
