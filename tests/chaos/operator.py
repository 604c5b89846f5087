"""What an operator does in the middle of it, with the real `temporal` command."""

import asyncio
import json
from pathlib import Path
from typing import Any

TIMEOUT = 20


class OperatorCli:
    """`temporal` against the cluster's server."""

    def __init__(self, cli: Path, address: str) -> None:
        self._cli = cli
        self._address = address

    async def terminate(self, workflow_id: str) -> bool:
        """End a run at once; whether there was one."""
        return await self._ok("workflow", "terminate", "-w", workflow_id, "--reason", "chaos")

    async def cancel(self, workflow_id: str) -> bool:
        """Ask a run to end."""
        return await self._ok("workflow", "cancel", "-w", workflow_id)

    async def reset(self, workflow_id: str, share: float) -> bool:
        """Go back to one of the completed workflow tasks, chosen by a share from 0 (the first) to 1 (the last)."""
        history = await self._json("workflow", "show", "-w", workflow_id, "-o", "json")
        tasks = [
            event["eventId"]
            for event in (history or {}).get("events", [])
            if event["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_COMPLETED"
        ]
        if not tasks:
            return False
        event = tasks[min(int(share * len(tasks)), len(tasks) - 1)]
        return await self._ok("workflow", "reset", "-w", workflow_id, "--event-id", str(event), "--reason", "chaos")

    async def reset_activity(self, workflow_id: str, share: float) -> bool:
        """Start a pending activity's tries anew."""
        description = await self._json("workflow", "describe", "-w", workflow_id, "-o", "json")
        # Temporal lists them in any order.
        pending = sorted(int(one["activityId"]) for one in (description or {}).get("pendingActivities", []))
        if not pending:
            return False
        activity = pending[min(int(share * len(pending)), len(pending) - 1)]
        return await self._ok("activity", "reset", "-w", workflow_id, "--activity-id", str(activity))

    async def status(self, workflow_id: str) -> str:
        """Of the newest run, in the command's words without their prefix; empty when it cannot tell."""
        description = await self._json("workflow", "describe", "-w", workflow_id, "-o", "json")
        info = (description or {}).get("workflowExecutionInfo", {})
        return str(info.get("status", "")).removeprefix("WORKFLOW_EXECUTION_STATUS_")

    async def _ok(self, *arguments: str) -> bool:
        code, _ = await self._run(*arguments)
        return code == 0

    async def _json(self, *arguments: str) -> dict[str, Any] | None:
        code, out = await self._run(*arguments)
        found: dict[str, Any] | None = json.loads(out) if code == 0 else None
        return found

    async def _run(self, *arguments: str) -> tuple[int, bytes]:
        process = await asyncio.create_subprocess_exec(
            str(self._cli),
            *arguments,
            "--address",
            self._address,
            "--command-timeout",
            f"{TIMEOUT}s",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
        return process.returncode or 0, out
