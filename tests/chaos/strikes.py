"""Carries the faults out, and keeps what was done for the timeline."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from tests.chaos.cluster import TEMPORAL, Cluster
from tests.chaos.operator import OperatorCli
from tests.chaos.schedule import CRASH_POINTS, OUTAGES, STOPPED, Strike
from tests.support.proxy import Way

# For as long Temporal served nobody when it is started again, at most; see `embedded/silence.py`.
SILENT_FOR = timedelta(seconds=45)
# Seconds that the network's slow way holds what is sent.
DELAY = 3.0
# How often a kill looks for a worker that lives, and a crash for the worker that takes it, 0.05 s apart.
PATIENCE = 100
CRASH_PATIENCE = 400
# How often a rule of the model's is looked at until it has struck a call, 0.5 s apart.
RULE_PATIENCE = 40


# A kind that no schedule has: what teachers do by themselves.
TEACHERS = "teachers"
# Seconds: the old run is closed when a cancel is taken back, and its worker hears of it with its next heartbeat.
CANCELLED_WITHIN = 15.0


@dataclass
class Done:
    """A strike as it happened: when by the clock, and whether it found something to strike."""

    strike: Strike
    at: datetime
    hit: bool
    details: dict[str, Any] = field(default_factory=dict)
    # Seconds that it took: an operator's commands do what they do some time within, a server to stop is away later, and
    # a way may be open again later than it was to be.
    took: float = 0.0

    def told(self, since: datetime) -> dict[str, Any]:
        """For the report: `at` is when it happened, in seconds since then."""
        at = round(max(0.0, (self.at - since).total_seconds()), 1)
        return {**asdict(self.strike), "at": at, "time": self.at.isoformat(), "hit": self.hit, **self.details}


def taken_back(workflow_id: str, sent: datetime, back: datetime) -> Done:
    """A cancel that its teacher took back: the next run asks again for what it met in flight."""
    strike = Strike(0.0, TEACHERS, "a generation", {"deed": "cancel"})
    took = (back - sent).total_seconds() + CANCELLED_WITHIN
    return Done(strike, sent, hit=True, details={"workflow_id": workflow_id}, took=took)


def standstill(started_again: datetime) -> Done:
    """Temporal lived, served nobody and was started again: none of the schedule's, and an outage like any other."""
    outage = Strike(0.0, OUTAGES, TEMPORAL, {"seconds": SILENT_FOR.total_seconds()})
    return Done(outage, started_again - SILENT_FOR, hit=True, details={"by": "itself"})


class Striker:
    """Plays a schedule on a cluster and notes in `done` what it did.

    `open_generations` names those that an operator can reach.
    """

    def __init__(self, cluster: Cluster, open_generations: Callable[[], list[str]], done: list[Done]) -> None:
        self._cluster = cluster
        self._operator = OperatorCli(cluster.cli, cluster.temporal_address)
        self._open = open_generations
        self.done = done
        # What operators cancelled: it is to stay cancelled. And all that they had their hands on.
        self.cancelled: set[str] = set()
        self.operated: set[str] = set()
        # The last strike of each crash point that left a file there, and the files that a worker took.
        self._armed: dict[str, Done] = {}
        self._taken: set[Path] = set()
        # The moment until which each way is to be broken.
        self._broken_until: dict[tuple[str, str], float] = {}
        # Who waits for a strike to meet something gives up when the last one was made: the mirror is looked at then.
        self._last_was_made = False

    async def play(self, strikes: list[Strike]) -> None:
        """Until the schedule is over."""
        began = time.monotonic()
        under_way = []
        try:
            for strike in strikes:
                await asyncio.sleep(max(0.0, began + strike.at - time.monotonic()))
                # Kills are exact in time; what talks to servers may take its time beside them.
                under_way.append(asyncio.create_task(self._strike(strike)))
            self._last_was_made = True
            await asyncio.gather(*under_way)
        finally:  # when it is called off, nothing strikes any more
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def over(self) -> None:
        """What still waits for somebody to strike strikes nobody any more: crash points, and rules of the model."""
        for point in CRASH_POINTS:
            (self._cluster.crash_folder / point).unlink(missing_ok=True)
        async with httpx2.AsyncClient(timeout=5) as client:
            (await client.delete(f"{self._cluster.model_url}/admin/faults")).raise_for_status()

    def crashes_that_struck(self) -> None:
        """What nobody had taken for long may be taken by now."""
        for done in self._armed.values():
            if not done.hit:
                self._note_taker(done)

    async def _strike(self, strike: Strike) -> None:
        done = Done(strike, datetime.now(UTC), hit=False)
        self.done.append(done)
        cluster, seconds = self._cluster, strike.details.get("seconds", 0)
        match strike.kind:
            case "kills":
                done.hit = await self._kill_a_worker(strike.target, done)
                done.at = datetime.now(UTC)  # it may have had to wait
            case "freezes":
                done.hit = cluster.freeze(strike.target, seconds)
            case "outages":
                stop = strike.details["way"] == STOPPED
                done.hit = True  # what is called off may have been done
                done.hit = await asyncio.to_thread(cluster.down, strike.target, seconds, stop=stop)
                done.took = (datetime.now(UTC) - done.at).total_seconds()
            case "network":
                await self._cut(done, seconds)
            case "model":
                done.hit = await self._misbehave(strike, len(self.done))
            case "operator":
                done.hit = True  # what is called off may have been done
                try:
                    done.hit = await self._operate(strike, done)
                finally:
                    done.took = (datetime.now(UTC) - done.at).total_seconds()
            case _:
                await self._crash(done)

    async def _kill_a_worker(self, target: str, done: Done) -> bool:
        """One that is being started again cannot be killed: then another one is, as soon as one lives.

        Ghosts are spared while there are others: they are to come back.
        """
        names = [target, *(name for name in self._cluster.workers if name != target)]
        for _ in range(PATIENCE):
            ghosts = self._cluster.ghosts
            for name in [name for name in names if name not in ghosts] or names:
                if self._cluster.processes[name].kill():
                    done.details["worker"] = name
                    return True
            await asyncio.sleep(0.05)
        return False

    async def _cut(self, done: Done, seconds: float) -> None:
        """A hit when anything was on its way meanwhile. Of cuts of one way that overlap the last one opens it."""
        strike = done.strike
        who, _, target = strike.target.partition(" to ")
        proxy, way = self._cluster.proxies[who, target], (who, target)
        until = time.monotonic() + seconds
        self._broken_until[way] = max(until, self._broken_until.get(way, 0.0))
        before = proxy.struck
        await asyncio.to_thread(proxy.turn, Way(strike.details["way"]), DELAY)
        try:
            await asyncio.sleep(until - time.monotonic())
        finally:  # also when it is called off
            if self._broken_until[way] == until:
                await asyncio.to_thread(proxy.turn, Way.OPEN)
            done.hit = proxy.struck > before
            done.took = max(0.0, (datetime.now(UTC) - done.at).total_seconds() - seconds)

    async def _misbehave(self, strike: Strike, number: int) -> bool:
        """A hit as soon as the rule has struck a call."""
        # A comment in a pattern matches everything: it is the rule's name.
        name = f"(?#strike {number})"
        rule = {"kind": strike.details["fault"], "times": strike.details["times"], "retry_after": 0.5, "match": name}
        url = f"{self._cluster.model_url}/admin/faults"
        async with httpx2.AsyncClient(timeout=5) as client:
            try:
                if (await client.post(url, json={"rules": [rule]})).status_code != 200:
                    return False
            except httpx2.HTTPError:
                return False  # it is down itself
            for _ in range(RULE_PATIENCE):
                await asyncio.sleep(0.5)
                with suppress(httpx2.HTTPError):  # it may be frozen, or be killed
                    rules = (await client.get(url)).json()["rules"]
                    hits: list[int] = [one["hits"] for one in rules if one["match"] == name]
                    if hits != [0]:
                        return sum(hits) > 0  # none is there: a new process knows nothing of it
                if self._last_was_made:
                    break
        return False

    async def _crash(self, done: Done) -> None:
        """Arm the crash, and see when a worker takes it. One that finds an earlier one still there is none."""
        point = done.strike.target
        file = self._cluster.crash_folder / point
        if file.exists():
            return
        self.crashes_that_struck()
        file.touch()
        self._armed[point] = done
        for _ in range(CRASH_PATIENCE):
            await asyncio.sleep(0.05)
            if self._note_taker(done) or self._last_was_made:
                return

    def _note_taker(self, done: Done) -> bool:
        """Whether a worker took the file that the strike left; which one, and when, is noted."""
        for file in self._cluster.crash_folder.glob(f"{done.strike.target}.*"):
            if file not in self._taken:
                self._taken.add(file)
                pid = int(file.suffix[1:])
                # The worker died when it took it, and not when its death was armed.
                done.hit, done.at = True, datetime.fromtimestamp(file.stat().st_ctime, UTC)
                processes = self._cluster.processes
                done.details["worker"] = next(name for name in self._cluster.workers if pid in processes[name].pids)
                return True
        return False

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
