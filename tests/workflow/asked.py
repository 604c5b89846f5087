"""A workflow whose history tells in how many parts it was run."""

import asyncio
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tests.workflow import held_query


@workflow.defn
class Asked:
    """Goes on in another order when "slow" and "quick" come together than when "slow" comes first."""

    def __init__(self) -> None:
        self._heard: set[str] = set()

    @workflow.signal
    def hear(self, name: str) -> None:
        """One of both."""
        self._heard.add(name)

    @workflow.query
    def heard(self) -> int:
        """How many; held until the test has seen that it is asked."""
        held_query.hold()
        return len(self._heard)

    @workflow.run
    async def run(self) -> None:
        """Does not end: nobody takes its activities."""
        await asyncio.gather(self._after("slow", 20), self._after("quick", 0))

    async def _after(self, name: str, rounds: int) -> None:
        await workflow.wait_condition(lambda: name in self._heard)
        for _ in range(rounds):
            await asyncio.sleep(0)
        await workflow.execute_activity(name, start_to_close_timeout=timedelta(minutes=1))
