"""The README's way from nothing to questions over HTTP, as it stands there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.mcq import Mcq
from tests.support.content import ROOT
from tests.support.waiting import until_now


def _block() -> str:
    """The shell block of the README's section on the API."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The API")[2]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_lines_of_the_readme_write_questions(mcq: Mcq) -> None:
    """Five lines in a second terminal: each question arrives as an event, and Ctrl-C ends the listening."""
    dev = mcq.start("dev")
    assert dev.stderr is not None
    addresses = mcq.home / "addresses.json"
    until_now(lambda: addresses.exists() and json.loads(addresses.read_text() or "{}").get("api"), bool, 120)
    commands = mcq.folder / "bin"
    commands.mkdir()
    command = commands / "mcq"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli "$@"\n')
    command.chmod(0o755)
    environment = {
        **os.environ,
        "MCQ_HOME": str(mcq.home),
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    listening = subprocess.Popen(
        ["bash", "-c", _block()], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert listening.stdout is not None
    seen = []
    for line in listening.stdout:
        seen.append(line)
        if '"status":"completed"' in line:
            break
    assert sum(line == "event: question\n" for line in seen) == 10, "".join(seen)
    subprocess.run(["pkill", "-P", str(listening.pid)], check=False)
    listening.kill()
    listening.wait()
    dev.terminate()
    assert mcq.finish(dev).code == 0


def test_the_secret_outlives_the_stack(mcq: Mcq) -> None:
    """A token is good after a restart; the file that signs it is nobody else's to read."""
    first = mcq.run("token")
    assert first.code == 0 and re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", first.out), first.err
    secret = mcq.home / "api-secret"
    before = secret.read_text()
    assert (secret.stat().st_mode & 0o777, Path(secret).stat().st_size > 40) == (0o600, True)
    mcq.run("token")
    assert secret.read_text() == before
