"""The verdict on a campaign: what stands against each invariant, whether enough was tried, and whether in time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos import calls, judge, runs, unasked
from tests.chaos.cluster import DEMO_MODEL, POSTGRES, TEMPORAL
from tests.chaos.evidence import Evidence
from tests.chaos.figures import figures
from tests.chaos.mirror import Convergence
from tests.chaos.plan import Plan
from tests.chaos.recovery import Recovery, recovery
from tests.chaos.schedule import CRASHES, KILLS, OUTAGES
from tests.chaos.strikes import Done, taken_back
from tests.chaos.teachers import Answers, Generation

# Tries of one sort of strike of which one at least must have met something.
OFTEN = 5
# Generations of which one at least must have had a teacher in a hurry, as six in a hundred do, and a second run.
MANY = 100
# The same of a cancel that was taken back, as every fortieth is.
VERY_MANY = 300
ENDS = "I1 every generation ends"
# What is no invariant: each stands among the offences by its name.
BROKEN_OFF, NOT_VACUOUS, TARGETS = "played to its end", "not vacuous", "targets"
HOLDS = "every invariant holds"
# Seconds, with kills alone: from a kill to the struck step's answer, p95; to a mirror with true counts.
ANSWERED_WITHIN, CONVERGED_WITHIN = 30.0, 10.0


@dataclass(frozen=True)
class Witnesses:
    """What a campaign that is over left behind, and what was seen meanwhile."""

    plan: Plan
    content: str
    evidence: Evidence
    generations: Sequence[Generation]
    answers: Answers
    # What was done to it, and where Temporal stood still by itself.
    done: Sequence[Done]
    standstills: Sequence[Done]
    # What operators cancelled, and all that they had their hands on.
    cancelled: set[str]
    operated: set[str]
    # When each process was started.
    starts: Mapping[str, Sequence[datetime]]
    convergence: Convergence
    # Why it was not waited for to its end, if so.
    stuck: str
    # Where it can be read: for what must not be told there.
    database_url: str
    logs: Path
    secrets: Mapping[str, str]

    @property
    def strikes(self) -> list[Done]:
        """All that struck it."""
        return [*self.done, *self.by_themselves]

    @property
    def by_themselves(self) -> list[Done]:
        """What no schedule had: where Temporal stood still, and cancels that their teachers took back."""
        back = (taken_back(one.workflow_id, *when) for one in self.generations for when in one.regretted)
        return [*self.standstills, *back]


async def judged(seen: Witnesses) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Offences by what they stand against, and the figures."""
    offences, healed = await _against_invariants(seen), recovery(seen.evidence, seen.done)
    if _only_workers_die(seen.plan):
        for invariant, against in _where_only_workers_die(seen, healed).items():
            offences[invariant] += against
    if _calls_went_on(seen.plan):
        offences[ENDS] += [
            *judge.nothing_stops_by_itself(seen.evidence, seen.generations, seen.by_themselves),
            *judge.nothing_dies_by_itself(seen.starts, seen.strikes, seen.by_themselves),
            *unasked.no_status_is_set_unasked(seen.evidence),
        ]
        offences["I4 paid twice only in flight"] += calls.none_is_paid_twice(seen.evidence, seen.by_themselves)
    numbers = {
        **figures(seen.evidence, seen.generations, seen.answers, seen.strikes, healed),
        **seen.convergence.figures(),
        "processes that died by themselves": sum(
            judge.deaths_by_themselves(seen.starts, seen.strikes, seen.strikes).values()
        ),
        "Temporal alive but serving nobody, started again": len(seen.standstills),
    }
    offences[NOT_VACUOUS] = not_tried(seen, healed, numbers)
    if seen.plan.faults == (KILLS,):  # crashes are so many deaths more, in less time
        offences[TARGETS] = missed(numbers)
    return offences, numbers


def in_words(offences: Mapping[str, Sequence[str]]) -> str:
    """Whether anything stands against an invariant; if not, whether it was played, enough was tried, and in time."""
    if any(against for name, against in offences.items() if name not in (BROKEN_OFF, NOT_VACUOUS, TARGETS)):
        return "AN INVARIANT IS BROKEN"
    if offences.get(BROKEN_OFF):
        return "THE CAMPAIGN ITSELF BROKE OFF"
    if offences.get(NOT_VACUOUS):
        return "TOO LITTLE WAS TRIED TO SAY"
    return f"{HOLDS}, A TARGET IS MISSED" if offences.get(TARGETS) else HOLDS


def not_tried(seen: Witnesses, healed: Recovery, numbers: Mapping[str, Any]) -> list[str]:
    """What was not tried, though the plan says so."""
    plan, struck = seen.plan, Counter(done.strike.kind for done in seen.done if done.hit)
    offences = [f"no {kind} struck anything" for kind in plan.faults if not struck[kind]]
    tried = Counter(sort for done in seen.done for sort in _sorts_of(done))
    met = Counter(sort for done in seen.done if done.hit for sort in _sorts_of(done))
    offences += [f"none of {count}: {sort}" for sort, count in tried.items() if count >= OFTEN and not met[sort]]
    if KILLS in plan.faults:
        if struck[KILLS] < plan.kills:
            offences.append(f"only {struck[KILLS]} of {plan.kills} kills found a worker")
        if healed.inside < plan.least_inside * healed.kills:
            offences.append(f"only {healed.inside} of {healed.kills} kills struck a call")
    paid, unexcused = numbers["calls paid"], numbers["calls paid that nothing struck"]
    if unexcused < plan.least_judged * paid:
        offences.append(f"only {unexcused} of {paid} paid calls would have been an offence when paid twice")
    if plan.encrypted and not numbers["payloads that Temporal keeps encrypted"]:
        offences.append("no encrypted payload was seen")
    if plan.capricious and not any(one.pauses for one in seen.generations):
        offences.append("no pause was held")
    many = len(seen.generations) >= MANY
    if many and plan.capricious and not any(one.hurried for one in seen.generations):
        offences.append("nobody paused and resumed without a break")
    if len(seen.generations) >= VERY_MANY and plan.capricious and not any(one.regretted for one in seen.generations):
        offences.append("nobody took a cancel back")
    if many and not numbers["runs that handed over to the next"]:
        offences.append("no run handed over to another")
    if not seen.convergence.counts:
        offences.append("no generation ran when the mirror was looked at")
    return offences


def missed(numbers: Mapping[str, Any]) -> list[str]:
    """Targets of time that were not reached. No test asserts them: a campaign is run on a quiet machine."""
    targets = {
        "answered after a kill, seconds": ("p95", ANSWERED_WITHIN),
        "mirror's counts true again, seconds": ("max", CONVERGED_WITHIN),
    }
    return [
        f"{name}: {which} {numbers[name][which]:.1f}, wanted {most:.0f}"
        for name, (which, most) in targets.items()
        if (numbers[name][which] or 0) > most
    ]


async def _against_invariants(seen: Witnesses) -> dict[str, list[str]]:
    evidence, generations, strikes = seen.evidence, seen.generations, seen.strikes
    return {
        ENDS: [
            *judge.every_generation_ended(generations, seen.cancelled),
            *judge.none_stands_still(evidence, generations),
            *unasked.nothing_is_cancelled_unasked(evidence),
            *unasked.nothing_pauses_unasked(evidence),
            *([seen.stuck] if seen.stuck else []),
        ],
        "I2 every question once": judge.every_question_is_there_once(
            evidence, generations, seen.content, seen.operated
        ),
        "I3 no completed step again": calls.no_completed_step_is_called_again(evidence, strikes),
        "T8 calls are bounded": calls.calls_of_a_slot_are_bounded(evidence),
        "I4 paid twice only in flight": calls.paid_twice_only_in_flight(evidence, strikes),
        "I5 the mirror is true": [
            *judge.the_mirror_counts_its_questions(evidence),
            *judge.the_mirror_never_goes_back(evidence),
            *unasked.the_mirror_says_what_runs_told(evidence),
            *seen.convergence.offences,
        ],
        "I6 nothing accepted is lost": judge.nothing_accepted_is_lost(
            evidence, generations, seen.answers, strikes, seen.operated
        ),
        "I7 a pause is a pause": [
            *judge.a_pause_is_a_pause(evidence, generations, strikes),
            *runs.nothing_is_begun_after_a_stop(evidence),
        ],
        "I8 every history replays": [
            *runs.every_history_is_there(evidence),
            *await runs.every_history_replays(evidence),
        ],
        "I9 nothing secret is told": [
            *judge.nothing_secret_is_told(evidence, seen.database_url, seen.logs, seen.secrets),
            *judge.nothing_is_readable(evidence),
        ],
        "I10 histories stay small": runs.histories_stay_small(evidence),
    }


def _where_only_workers_die(seen: Witnesses, healed: Recovery) -> dict[str, list[str]]:
    """What holds besides."""
    evidence, generations, strikes = seen.evidence, seen.generations, seen.strikes
    return {
        ENDS: [
            *judge.nothing_stops_by_itself(evidence, generations, strikes),
            *judge.nothing_dies_by_itself(seen.starts, strikes, strikes),
            *unasked.no_status_is_set_unasked(evidence),
            *judge.what_was_cut_off_goes_on(healed.never, generations),
            *judge.what_was_cut_off_is_answered(healed.answered),
            *runs.no_end_is_refused_again_and_again(evidence),
        ],
        "I6 nothing accepted is lost": judge.the_api_serves(seen.answers, strikes),
    }


def _only_workers_die(plan: Plan) -> bool:
    """By a kill, or by design at a point where a crash is armed: to everybody else both are a death."""
    return set(plan.faults) <= {KILLS, CRASHES}


def _calls_went_on(plan: Plan) -> bool:
    """Whether only servers go away of which no call has need: an answer waits in its worker meanwhile.

    While it waits for PostgreSQL, Temporal must hear that its worker is alive: both away is another matter.
    """
    away = set(plan.outages_of)
    return plan.faults == (OUTAGES,) and DEMO_MODEL not in away and not away >= {POSTGRES, TEMPORAL}


def _sorts_of(done: Done) -> set[str]:
    """What of its kind a strike is: whom it meets, and how."""
    details = done.strike.details
    hows = {details[how] for how in ("deed", "fault", "way") if how in details}
    return {f"{done.strike.kind} of {what}" for what in {done.strike.target, *hows}}
