"""Carries the faults out, and keeps what was done for the timeline."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2

from tests.chaos.cluster import Cluster
from tests.chaos.operator import OperatorCli
from tests.chaos.schedule import CRASHES, Strike
from tests.support.proxy import Way

# Seconds that the network's slow way holds what is sent.
DELAY = 3.0
# How often a kill looks for a worker that lives, 0.05 s apart.
PATIENCE = 100


@dataclass
class Done:
    """A strike as it happened: when by the clock, and whether it found something to strike."""

    strike: Strike
    at: datetime
    hit: bool
    details: dict[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """For the report."""
        return {**asdict(self.strike), "time": self.at.isoformat(), "hit": self.hit, **self.details}


class Striker:
    """Plays a schedule on a cluster. `open_generations` names those that an operator can reach."""

    def __init__(self, cluster: Cluster, open_generations: Callable[[], list[str]]) -> None:
        self._cluster = cluster
        self._operator = OperatorCli(cluster.cli, cluster.temporal_address)
        self._open = open_generations
        self.done: list[Done] = []
        # What operators cancelled: it is to stay cancelled. And all that they had their hands on.
        self.cancelled: set[str] = set()
        self.operated: set[str] = set()

    async def play(self, strikes: list[Strike]) -> None:
        """Until the schedule is over."""
        began = time.monotonic()
        under_way = []
        for strike in strikes:
            await asyncio.sleep(max(0.0, began + strike.at - time.monotonic()))
            # Kills are exact in time; what talks to servers may take its time beside them.
            under_way.append(asyncio.create_task(self._strike(strike)))
        await asyncio.gather(*under_way)

    def crashes_that_struck(self) -> None:
        """A crash struck when a worker took its file."""
        for done in self.done:
            if done.strike.kind == CRASHES:
                done.hit = not (self._cluster.crash_folder / done.strike.target).exists()

    async def _strike(self, strike: Strike) -> None:
        done = Done(strike, datetime.now(UTC), hit=False)
        self.done.append(done)
        cluster, seconds = self._cluster, strike.details.get("seconds", 0)
        match strike.kind:
            case "kills":
                done.hit = await self._kill_a_worker(strike.target)
                done.at = datetime.now(UTC)  # it may have had to wait
            case "freezes":
                done.hit = cluster.freeze(strike.target, seconds)
            case "outages":
                done.hit = cluster.down(strike.target, seconds)
            case "network":
                done.hit = await self._cut(strike, seconds)
            case "model":
                done.hit = await self._misbehave(strike)
            case "operator":
                done.hit = await self._operate(strike, done)
            case _:
                (cluster.crash_folder / strike.target).touch()  # whether it struck is known at the end

    async def _kill_a_worker(self, target: str) -> bool:
        """One that is being started again cannot be killed: then another one is, as soon as one lives."""
        victims = [target, *(name for name in self._cluster.workers if name != target)]
        for _ in range(PATIENCE):
            if any(self._cluster.processes[name].kill() for name in victims):
                return True
            await asyncio.sleep(0.05)
        return False

    async def _cut(self, strike: Strike, seconds: float) -> bool:
        who, _, target = strike.target.partition(" to ")
        proxy = self._cluster.proxies[who, target]
        await asyncio.to_thread(proxy.turn, Way(strike.details["way"]), DELAY)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(proxy.turn, Way.OPEN)
        return True

    async def _misbehave(self, strike: Strike) -> bool:
        rule = {"kind": strike.details["fault"], "times": strike.details["times"], "retry_after": 0.5}
        try:
            async with httpx2.AsyncClient(timeout=5) as client:
                answer = await client.post(f"{self._cluster.model_url}/admin/faults", json={"rules": [rule]})
        except httpx2.HTTPError:
            return False  # it is down itself
        return answer.status_code == 200

    async def _operate(self, strike: Strike, done: Done) -> bool:
        running = sorted(self._open())
        if not running:
            return False
        workflow_id = running[int(strike.details["choice"] * len(running))]
        done.details["workflow_id"] = workflow_id
        self.operated.add(workflow_id)
        share = strike.details["event"]
        match strike.details["deed"]:
            case "terminate":
                return await self._operator.terminate(workflow_id)
            case "reset":
                return await self._operator.reset(workflow_id, share)
            case "cancel":
                self.cancelled.add(workflow_id)
                return await self._operator.cancel(workflow_id)
            case _:
                return await self._operator.reset_activity(workflow_id, share)
