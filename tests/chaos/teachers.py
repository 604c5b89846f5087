"""Clients of the API as a quiz application has them: start, watch, pause, resume, ask again, and note every answer."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2

from service.deeds import RESUME

# Seconds between two looks at a generation.
BETWEEN_LOOKS = 1.5
# Seconds that a client waits for an answer; the API answers within 3, also when its parts are away.
PATIENCE = 10.0
# Of whims from 0.25 to 0.30, which are cancels: from here on the teacher does not change their mind.
FOR_GOOD = 0.275
# What may be said to a pause, a resume or a cancel that is not possible now.
REFUSED = (400, 409, 503)
# Seconds that a pause is held after it is acknowledged.
HELD = (4.0, 7.0)
# Seconds for which somebody in a hurry pauses and resumes without a break, in so many windows at once.
HURRY = (4.0, 8.0)
WINDOWS = 3


@dataclass
class Generation:
    """One generation as its teacher knows it."""

    number: int
    questions: int
    quiz_id: str = ""
    workflow_id: str = ""
    accepted: datetime | None = None
    status: str = ""
    completed: int = 0
    ended: datetime | None = None
    resumes: int = 0
    # Pauses that were resumed at once, again and again; both were accepted.
    hurried: int = 0
    # Asked for by this teacher, who has not changed their mind since.
    cancelled: bool = False
    # When a cancel was sent that the teacher wants to take back.
    regrets: datetime | None = None
    # (sent, taken back) of each cancel that was.
    regretted: list[tuple[datetime, datetime]] = field(default_factory=list)
    # (acknowledged, resume asked for) of each pause.
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    # How often `pause`, `resume` and `cancel` were accepted.
    acted: Counter[str] = field(default_factory=Counter)
    # (acknowledged, seen to be over) of pauses that ended before this teacher resumed, and not with the last question.
    lapsed: list[tuple[datetime, datetime]] = field(default_factory=list)
    # The slots of the questions that the API listed at the end; None before it was asked.
    listed: list[int] | None = None
    # Other workflow ids that a repeated request was answered with.
    twins: set[str] = field(default_factory=set)


@dataclass
class Answers:
    """What the API answered, by status, and what it must never answer."""

    by_status: dict[str, int] = field(default_factory=dict)
    offences: list[str] = field(default_factory=list)
    # When it answered 503.
    busy: list[datetime] = field(default_factory=list)
    # (what, sent, given up) of requests that were not answered in time.
    unanswered: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    # (what, sent, broken) of requests whose connection broke.
    broken: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def note(self, what: str, answer: httpx2.Response | None) -> None:
        """Count an answer; None is none."""
        key = str(answer.status_code) if answer is not None else "no answer"
        self.by_status[key] = self.by_status.get(key, 0) + 1
        if answer is None:
            return
        if answer.status_code >= 500 and answer.status_code != 503:
            self.offences.append(f"{what}: {answer.status_code} {answer.text[:300]}")
        if answer.status_code == 503:
            self.busy.append(datetime.now(UTC))
        if answer.status_code == 503 and "retry-after" not in answer.headers:
            self.offences.append(f"{what}: 503 without Retry-After")


class Teachers:
    """All teachers of a campaign, on one account."""

    def __init__(self, api_url: str, content: str, *, seed: int, capricious: bool) -> None:
        self._client = httpx2.AsyncClient(
            base_url=api_url, timeout=PATIENCE, limits=httpx2.Limits(max_connections=200, max_keepalive_connections=50)
        )
        self._content = content
        self._seed = seed
        # Whether they pause, cancel and repeat their requests.
        self._capricious = capricious
        self.answers = Answers()
        self.generations: list[Generation] = []

    async def sign_up(self) -> None:
        """One account for all."""
        who = {"email": "teacher@school.example", "password": uuid.uuid4().hex}
        await self._until("sign-up", {201, 409}, "POST", "/auth/sign-up", json=who)
        form = {"username": who["email"], "password": who["password"]}
        token = await self._until("token", {200}, "POST", "/auth/token", data=form)
        self._client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"

    async def run(self, at_least: int, questions: int, at_once: int, enough: Callable[[], bool] = lambda: True) -> None:
        """See so many generations to their ends, and further ones until it is `enough`."""
        first = len(self.generations)

        async def one_after_another() -> None:
            while len(self.generations) - first < at_least or not enough():
                generation = Generation(len(self.generations), questions)
                self.generations.append(generation)
                await self._see_through(generation)

        await asyncio.gather(*(one_after_another() for _ in range(at_once)))

    def open(self) -> list[str]:
        """Workflow ids of those that run."""
        return [one.workflow_id for one in self.generations if one.workflow_id and one.ended is None]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    # --- private ---

    async def _see_through(self, generation: Generation) -> None:
        draw = random.Random(f"{self._seed}/{generation.number}")
        await self._start(generation, draw)
        whim = draw.random() if self._capricious else 1.0
        # Not at the very end: a pause is to find something to hold.
        at = draw.randint(1, max(1, generation.questions // 2))
        while True:
            await asyncio.sleep(BETWEEN_LOOKS * draw.uniform(0.7, 1.3))
            status = await self._look(generation)
            if status is None:
                continue
            if generation.status == "completed" or (generation.status == "cancelled" and generation.cancelled):
                generation.ended = datetime.now(UTC)
                generation.listed = await self._list(generation)
                return
            if generation.status == "cancelled" and generation.regrets is not None:
                await self._go_on(generation, generation.regrets, draw)
            elif status["can_resume"]:
                await self._resume(generation)
            elif whim < 0.25 and generation.completed >= at and generation.status == "running":
                whim = 1.0
                await self._pause_and_resume(generation, draw)
            elif 0.25 <= whim < 0.30 and generation.completed >= at and generation.status == "running":
                generation.cancelled = whim >= FOR_GOOD
                generation.regrets = None if generation.cancelled else datetime.now(UTC)
                whim = 1.0
                await self._act(generation, "cancel-generation")
            elif 0.30 <= whim < 0.36 and generation.completed >= at and generation.status == "running":
                whim = 1.0
                await self._hurry(generation, draw.uniform(*HURRY))

    async def _start(self, generation: Generation, draw: random.Random) -> None:
        quiz = await self._until("quiz", {201}, "POST", "/quiz", json={"title": f"Quiz {generation.number}"})
        generation.quiz_id = quiz.json()["id"]
        document = {"title": "Content", "text": self._content}
        await self._until("document", {201, 200}, "POST", f"{self._at(generation)}/documents", json=document)
        repeats = draw.choice([1, 1, 1, 2, 5]) if self._capricious else 1
        asked = {
            "json": {"target_question_count": generation.questions},
            "headers": {"Idempotency-Key": f"{self._seed}-{generation.number}"},
        }
        address = f"{self._at(generation)}/generate-questions"
        answers = await asyncio.gather(*(self._until("start", {202}, "POST", address, **asked) for _ in range(repeats)))
        ids = [answer.json()["workflow_id"] for answer in answers]
        generation.workflow_id = ids[0]
        generation.twins = set(ids[1:]) - {ids[0]}
        generation.accepted = datetime.now(UTC)

    async def _look(self, generation: Generation) -> dict[str, Any] | None:
        address = f"{self._at(generation)}/generation-status"
        answer = await self._send("status", "GET", address, params={"workflow_id": generation.workflow_id})
        if answer is None or answer.status_code == 503:
            return None
        if answer.status_code != 200:
            self.answers.offences.append(f"status of {generation.workflow_id}: {answer.status_code}")
            return None
        status: dict[str, Any] = answer.json()
        completed = status["progress"]["completed"]
        if completed < generation.completed:
            self.answers.offences.append(f"{generation.workflow_id}: told {generation.completed}, then {completed}")
        generation.status, generation.completed = status["status"], completed
        return status

    async def _list(self, generation: Generation) -> list[int]:
        address, params = f"{self._at(generation)}/questions", {"limit": "100"}
        slots = list[int]()
        while True:
            page = (await self._until("questions", {200}, "GET", address, params=params)).json()
            slots += [question["slot"] for question in page["items"]]
            if page["next_cursor"] is None:
                return sorted(slots)
            params["cursor"] = page["next_cursor"]

    async def _resume(self, generation: Generation) -> None:
        answer = await self._act(generation, "resume-generation")
        if answer is not None and answer.status_code == 202:
            generation.resumes += 1

    async def _pause_and_resume(self, generation: Generation, draw: random.Random) -> None:
        clicks = [self._act(generation, "pause-generation") for _ in range(draw.choice([1, 2, 3]))]
        await asyncio.gather(*clicks)
        while True:
            await asyncio.sleep(0.5)
            if await self._look(generation) is None:
                continue
            if generation.status == "paused":
                break
            if generation.status != "running":
                return  # it came too late
        acknowledged = datetime.now(UTC)
        await asyncio.sleep(draw.uniform(*HELD))
        if await self._look(generation) is not None:
            if generation.status == "paused":
                generation.pauses.append((acknowledged, datetime.now(UTC)))
            elif generation.status != "completed":  # its last questions were in flight
                generation.lapsed.append((acknowledged, datetime.now(UTC)))
        await asyncio.gather(*(self._resume(generation) for _ in range(draw.choice([1, 2]))))

    async def _go_on(self, generation: Generation, sent: datetime, draw: random.Random) -> None:
        """Take a cancel back, as a client does that knows nothing but the quiz: with a key, and again if need be.

        It may run already: an operator was quicker.
        """
        asked = {
            "json": {"target_question_count": generation.questions, "resume_existing": True},
            "headers": {"Idempotency-Key": f"{self._seed}-{generation.number}-again-{len(generation.regretted)}"},
        }
        address = f"{self._at(generation)}/generate-questions"
        clicks = (self._until("resume", {202, 409}, "POST", address, **asked) for _ in range(draw.choice([1, 2])))
        answers = await asyncio.gather(*clicks)
        generation.twins |= {answer.json()["workflow_id"] for answer in answers} - {generation.workflow_id}
        if {answer.status_code for answer in answers} == {202}:
            generation.acted[RESUME] += 1
            generation.regretted.append((sent, datetime.now(UTC)))

    async def _hurry(self, generation: Generation, seconds: float) -> None:
        over = time.monotonic() + seconds

        async def window() -> None:
            while time.monotonic() < over and not generation.cancelled:
                answers = [await self._act(generation, f"{action}-generation") for action in ("pause", "resume")]
                generation.hurried += all(answer is not None and answer.status_code == 202 for answer in answers)
                if any(answer is None or answer.status_code == 503 for answer in answers):
                    await asyncio.sleep(0.5)

        await asyncio.gather(*(window() for _ in range(WINDOWS)))

    async def _act(self, generation: Generation, action: str) -> httpx2.Response | None:
        params = {"workflow_id": generation.workflow_id}
        answer = await self._send(action, "POST", f"{self._at(generation)}/{action}", params=params)
        if answer is not None and answer.status_code == 202:
            generation.acted[action.removesuffix("-generation")] += 1
        elif answer is not None and answer.status_code not in REFUSED:
            self.answers.offences.append(f"{action}: {answer.status_code} {answer.text[:300]}")
        return answer

    async def _until(self, what: str, wanted: set[int], method: str, url: str, **options: Any) -> httpx2.Response:
        """Ask again until it is done, as the API says one should after a 503 or a connection that broke."""
        while True:
            answer = await self._send(what, method, url, **options)
            if answer is not None and answer.status_code in wanted:
                return answer
            if answer is not None and answer.status_code != 503:
                self.answers.offences.append(f"{what}: {answer.status_code} {answer.text[:300]}")
            await asyncio.sleep(float(answer.headers.get("retry-after", "1")) if answer is not None else 0.3)

    async def _send(self, what: str, method: str, url: str, **options: Any) -> httpx2.Response | None:
        sent, answer = datetime.now(UTC), None
        try:
            answer = await self._client.request(method, url, **options)
        except httpx2.TimeoutException:
            self.answers.unanswered.append((what, sent, datetime.now(UTC)))
        except httpx2.HTTPError:
            self.answers.broken.append((what, sent, datetime.now(UTC)))
        self.answers.note(what, answer)
        return answer

    @staticmethod
    def _at(generation: Generation) -> str:
        return f"/quiz/{generation.quiz_id}"
