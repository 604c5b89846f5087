"""The workflow's side of the mirror: one task that sends snapshots when there is something to tell.

It can delay the end of a generation, never fail one: the activity is retried until it lands.
"""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows.messages import MIRROR, GenerationOptions, Snapshot

# A write takes milliseconds; one that hangs is tried again before a reader notices.
MIRROR_TIMEOUT = timedelta(seconds=5)
# Without a limit: the last write must land, however long PostgreSQL is away. A try that hung when all was well again
# and the pause after it end within 10 s, in which the mirror is promised to be true.
MIRROR_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=0.5), backoff_coefficient=2, maximum_interval=timedelta(seconds=3)
)
# A run that came by this before it was there takes whatever it is answered for an acknowledgement.
TELLS_AGAIN = "tells-again"


class Mirror:
    """Decides when a snapshot is due. Changes are marked here and nowhere else, so the mirror cannot drift."""

    def __init__(
        self,
        options: GenerationOptions,
        snapshot: Callable[[], Snapshot],
        sent: Callable[[Snapshot], None],
        catch_up_with: Callable[[int], None],
    ) -> None:
        self._options = options
        self._snapshot = snapshot
        self._sent = sent
        self._catch_up_with = catch_up_with
        self._questions = 0  # finished since the last snapshot
        self._changed = False  # anything else worth telling, some time
        self._urgent = False  # status changes: a person waits for them
        self._closing = False
        self._handing_over = False
        self._idle = True
        self._begun = 0  # snapshots of this run
        self._landed = 0  # the last of them that did
        self._broken: BaseException | None = None  # the bug that ended it: whoever waits must not wait for ever

    def mark(self, *, question: bool = False, urgent: bool = False) -> None:
        """Something changed."""
        self._changed = True
        self._questions += question
        self._urgent |= urgent

    @property
    def settled(self) -> bool:
        """Whether everything marked has been acknowledged."""
        return self._idle and not self._changed

    async def settle(self) -> None:
        """Send what is pending now and wait until it is acknowledged, and whatever comes meanwhile too.

        For histories of before `catch_up` and `hand_over`: it never ends if there is something new during each write.
        """
        self._urgent |= self._changed
        await workflow.wait_condition(lambda: self.settled or self._broken is not None)

    async def catch_up(self) -> None:
        """Send a snapshot of now and wait until it is acknowledged."""
        self.mark(urgent=True)
        wanted = self._begun + 1
        await workflow.wait_condition(lambda: self._landed >= wanted or self._broken is not None)

    async def hand_over(self) -> bool:
        """Let a snapshot under way land and begin no other; whether anything is left for the next run to tell."""
        self._handing_over = True
        await workflow.wait_condition(lambda: self._idle or self._broken is not None)
        if self._broken is not None:
            raise self._broken  # or it would vanish with this run
        return self._changed

    async def close(self) -> None:
        """Send the last snapshot, whatever it takes, and end the task."""
        self._handing_over = False  # a cancel in between: there is no next run
        self.mark(urgent=True)
        self._closing = True
        await workflow.wait_condition(lambda: self.settled or self._broken is not None)

    async def run(self) -> None:
        """The mirror task: lives as long as the run."""
        try:
            await self._send_snapshots()
        except BaseException as error:
            self._broken = error
            raise

    async def _send_snapshots(self) -> None:
        while not (self._closing and self.settled):
            await workflow.wait_condition(lambda: self._changed and not self._handing_over)
            await self._wait_for_company()
            if self._handing_over:
                continue
            snapshot = self._snapshot()
            self._questions, self._changed, self._urgent, self._idle = 0, False, False, False
            self._begun += 1
            answer = await workflow.execute_activity(
                MIRROR,
                snapshot,
                start_to_close_timeout=MIRROR_TIMEOUT,
                retry_policy=MIRROR_RETRY,
                summary=f"{snapshot.status}: {snapshot.completed} of {snapshot.total}",
            )
            self._idle = True
            # RowAhead: of this snapshot nothing is stored. A worker of before took no notice, and its run went on.
            if isinstance(answer, dict) and workflow.patched(TELLS_AGAIN):
                self._catch_up_with(answer["ahead"])
                self.mark(urgent=True)
                continue
            self._sent(snapshot)
            self._landed = self._begun  # those before it that did not land are told with it

    async def _wait_for_company(self) -> None:
        """A full checkpoint goes at once; a lone question waits the short delay, other progress the long one."""
        if not self._due() and not self._questions:
            await self._until(lambda: self._due() or self._questions > 0, self._options.checkpoint_timeout)
        if not self._due() and self._questions:
            await self._until(self._due, self._options.mirror_delay)

    def _due(self) -> bool:
        # A run that hands over waits no more: a timer that fires while it wants to end would keep it from that.
        return self._handing_over or self._urgent or self._questions >= self._options.checkpoint_interval

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        try:
            await workflow.wait_condition(condition, timeout=seconds, timeout_summary="mirror")
        except TimeoutError:
            return
