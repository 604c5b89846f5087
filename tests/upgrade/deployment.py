"""A worker deployment on the test's server: `mcq worker` of each version, and the operator's commands."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from embedded import temporal_cli
from tests.support.content import ROOT
from tests.support.waiting import until_now
from tests.support.worker import run_worker
from tests.support.world import World


class Deployment:
    """Named after the test's task queue, so that tests have nothing of each other."""

    def __init__(self, world: World, home: Path) -> None:
        self.name = f"mcq-{world.settings.task_queue}"
        self._world = world
        self._home = home
        self._workers: dict[str, subprocess.Popen[str]] = {}

    def start(self, build_id: str) -> None:
        """Start a worker of this version and wait until Temporal knows it."""
        version = {"WORKER_DEPLOYMENT_NAME": self.name, "WORKER_BUILD_ID": build_id}
        self._run(build_id, **version)
        until_now(lambda: self._is_known() and self._has_pollers(build_id), seconds=60)

    def start_unversioned(self) -> None:
        """Start a worker without the option."""
        self._run("")

    def stop(self, build_id: str) -> None:
        """SIGTERM, and wait for the drain."""
        worker = self._workers.pop(build_id)
        worker.terminate()
        _, err = worker.communicate(timeout=60)
        assert worker.returncode == 0, err

    def make_current(self, build_id: str) -> None:
        """`set-current-version`; the empty build id stands for unversioned workers."""
        self._insist("set-current-version", *self._of(build_id), "--yes")

    def ramp(self, build_id: str, percentage: int) -> None:
        """`set-ramping-version`."""
        self._insist("set-ramping-version", *self._of(build_id), "--percentage", str(percentage), "--yes")

    def end_ramp(self, build_id: str) -> None:
        """`set-ramping-version --delete`."""
        self._insist("set-ramping-version", *self._of(build_id), "--delete", "--yes")

    def end(self) -> None:
        """End every worker that is left."""
        for worker in self._workers.values():
            worker.kill()
            worker.communicate()

    # --- private ---

    def _run(self, build_id: str, **changes: str) -> None:
        self._workers[build_id] = run_worker(
            self._world.settings, self._home, subprocess.DEVNULL, ROOT, WORKER_DRAIN_TIMEOUT="20", **changes
        )

    def _is_known(self) -> bool:
        """The deployment is another workflow of Temporal's than its versions, and may come after them."""
        try:
            self._temporal("describe", "--name", self.name)
        except AssertionError:
            return False
        return True

    def _insist(self, *arguments: str) -> None:
        """Give a command until Temporal finds the deployment: it asks a workflow of its own.

        At the moment at which that continues as new, the query is rejected, and told as "not found".
        """
        until_now(lambda: self._found(*arguments), seconds=60)

    def _found(self, *arguments: str) -> bool:
        try:
            self._temporal(*arguments)
        except AssertionError as refusal:
            if "not found" not in str(refusal):
                raise
            return False
        return True

    def _has_pollers(self, build_id: str) -> bool:
        try:
            described = json.loads(self._temporal("describe-version", *self._of(build_id), "--output", "json"))
        except AssertionError:  # not known yet
            return False
        return len(described.get("taskQueuesInfos") or []) >= 2  # of workflows and of activities

    def _of(self, build_id: str) -> list[str]:
        version = ["--build-id", build_id] if build_id else ["--unversioned"]
        return ["--deployment-name", self.name, *version]

    def _temporal(self, *arguments: str) -> str:
        found = temporal_cli.find(None)
        assert found is not None, "the stack runs, so its executable is here"
        command = [str(found[0]), "worker", "deployment", *arguments]
        command += ["--address", str(self._world.settings.temporal_address)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


def versions_of(history: WorkflowHistory) -> list[str]:
    """The build ids that ran the workflow's tasks, in order, each as often as it took turns; empty: unversioned."""
    turns: list[str] = []
    for event in _completed(history.events):
        build_id = event.workflow_task_completed_event_attributes.deployment_version.build_id
        if turns[-1:] != [build_id]:
            turns.append(build_id)
    return turns


def behaviors_of(history: WorkflowHistory) -> set[Any]:
    """What the workers said of how the workflow moves between versions."""
    return {event.workflow_task_completed_event_attributes.versioning_behavior for event in _completed(history.events)}


def _completed(events: Iterable[HistoryEvent]) -> list[HistoryEvent]:
    return [event for event in events if event.HasField("workflow_task_completed_event_attributes")]
