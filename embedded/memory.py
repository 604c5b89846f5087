"""What the stack's state remembers of one part: its ports, its process, its failure."""

from embedded import ports
from embedded.logs import Report
from embedded.part import Part
from embedded.process import Mark
from embedded.state import PartRecord, StateFile


class Memory:
    """The entries of one part. Written only by the process that owns the part."""

    def __init__(self, part: Part, state: StateFile) -> None:
        self._part = part
        self._state = state

    def record(self) -> PartRecord | None:
        """The entry of the part; None if it was never started, or was stopped."""
        return self._state.read().parts.get(self._part.name)

    def ports(self) -> dict[str, int]:
        """The ports of the part, as far as it has any."""
        known = self._state.read().ports
        return {name: known[name] for name in self._part.port_names if name in known}

    def claim_ports(self, report: Report) -> dict[str, int]:
        """The ports to start with."""
        return ports.claim(self._state, self._part.port_names, report)

    def write(self, mark: Mark, definition: str, *, ready: bool) -> None:
        """Remember the process."""
        record = self._record(mark, definition)
        record.ready = ready
        with self._state.changing() as state:
            state.parts[self._part.name] = record

    def write_failure(self, failure: str) -> None:
        """Remember why the part isn't started any more."""
        with self._state.changing() as state:
            record = state.parts.setdefault(self._part.name, self._record(Mark(0, "never"), ""))
            record.failure, record.ready = failure, False

    def clear_failure(self) -> None:
        """A new owner tries again."""
        with self._state.changing() as state:
            record = state.parts.get(self._part.name)
            if record is not None:
                record.failure = None

    def _record(self, mark: Mark, definition: str) -> PartRecord:
        return PartRecord(
            order=self._part.order,
            pid=mark.pid,
            started=mark.started,
            definition=definition,
            stop_signal=self._part.stop_signal,
            kill_signal=self._part.kill_signal,
            stop_timeout=self._part.stop_timeout,
        )
