"""What these tests run: the codec server as a process, and Temporal's own command."""

import asyncio
import base64
import binascii
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from embedded import temporal_cli
from payloads.keys import Key
from tests.support.content import ROOT
from tests.unit.payloads.made import written

TOKEN = "token-of-the-tests-0123456789-abcdef"


class CodecServer:
    """`mcq codec-server` as a process; `url` is its address."""

    def __init__(self, *keys: Key, token: str = TOKEN, **environment: str) -> None:
        secrets = {"PAYLOAD_KEYS": written(*keys), "CODEC_SERVER_TOKEN": token}
        self._environment = {**os.environ, **secrets, **environment}
        self.url = ""
        # What it wrote, once it has ended.
        self.log = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cli", "codec-server", "--port", "0"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[-1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        _, self.log = self._process.communicate(timeout=20)
        assert self._process.returncode == 0, self.log

    def options(self, token: str | None = TOKEN) -> list[str]:
        """What the command is given to use it."""
        return ["--codec-endpoint", self.url, *(["--codec-auth", f"Bearer {token}"] if token else [])]


@dataclass(frozen=True)
class Said:
    """What the command said. `text`: all of it, and all that stands in base64 within it."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Where to look for what nobody is to read."""
        words = re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", self.out)
        return "\n".join([self.out, self.err, *filter(None, map(_decoded, words))])


async def temporal(address: str | None, *arguments: str) -> Said:
    """Run Temporal's command on a server."""
    found = temporal_cli.find(None)
    assert found is not None and address is not None
    command = [str(found[0]), *arguments, "--address", address, "--color", "never"]
    ended = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)


def _decoded(word: str) -> str | None:
    try:
        return base64.b64decode(word + "=" * (-len(word) % 4)).decode(errors="replace")
    except binascii.Error:
        return None
