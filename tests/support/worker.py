"""`mcq worker` as a process."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from settings import Settings
from tests.support.content import ROOT


def run_worker(
    settings: Settings, home: Path, stderr: int | IO[bytes] = subprocess.PIPE, tree: Path = ROOT, **changes: str
) -> subprocess.Popen[str]:
    """Start one on the database, server, queue and model of the settings; whoever asks for it ends it.

    `tree` holds the code that it runs: what lies in the folder of a process goes before what is installed.
    """
    environment = {
        **os.environ,
        "MCQ_HOME": str(home),
        "DATABASE_URL": settings.require_database_url(),
        "TEMPORAL_ADDRESS": settings.temporal_address or "",
        "TASK_QUEUE": settings.task_queue,
        "OPENAI_BASE_URL": settings.openai_base_url or "",
        "OPENAI_MODEL": "demo-model",
        **changes,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "worker"], cwd=tree, env=environment, stderr=stderr, text=True
    )
