"""What a campaign is: how much work, which faults, and how much of it must be proved."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.schedule import MAY_BE_AWAY, Strike, schedule


@dataclass(frozen=True)
class Plan:
    """What a campaign is."""

    seed: int
    generations: int
    questions: int
    kills: int
    seconds: float
    faults: tuple[str, ...]
    outages_of: tuple[str, ...] = MAY_BE_AWAY
    at_once: int = 24
    workers: int = 3
    latency: str = "0.5-1.5"
    # Events: so few that each generation hands over to a new run, and that in the middle of it all.
    longest_run: int = 50
    # Kills that must have struck a call, as a share of all; fewer would prove nothing.
    least_inside: float = 0.25
    # Paid calls that nothing excuses, as a share of all: a second payment of one of these would be an offence.
    least_judged: float = 0.1
    # Seconds after its last fault at which it is given up, however busy it still is.
    longest: float = 1_200.0
    # Whether teachers pause, cancel and repeat their requests.
    capricious: bool = True
    # Whether each worker has a folder of its own, as a container has, so that nobody sees another one die.
    apart: bool = False
    # Whether Temporal keeps nothing that can be read without a key.
    encrypted: bool = False

    def strikes(self, workers: Sequence[str]) -> list[Strike]:
        """Its schedule; ValueError when there is none."""
        return schedule(
            self.seed, self.faults, workers, kills=self.kills, seconds=self.seconds, outages_of=self.outages_of
        )
