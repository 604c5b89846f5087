"""One teacher with one generation, for tests that look at a single fault."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import psycopg

from tests.chaos.cluster import Cluster
from tests.chaos.evidence import CallLine, Step, read_ledger
from tests.support.content import sample_chapter
from tests.support.waiting import until_now

# Seconds between two of the same requests.
BETWEEN = 0.2
# A request, and the statuses that it may be answered with beside 503.
Asked = tuple[Callable[[], httpx2.Response], set[int]]


def is_served(answer: httpx2.Response, *wanted: int) -> bool:
    """Whether it is one of these; a 503 that says when to come again is none. Any other answer fails the test."""
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) > 0
        return False
    what = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    assert answer.status_code in wanted, what
    return True


@contextmanager
def asking(*requests: Asked, may_break: bool = False) -> Iterator[Counter[int]]:
    """Send requests side by side, each again and again, for as long as the context is open; counts the answers.

    Fails at the end for an answer that is neither wanted nor a 503 with its time, and for none within the client's
    time-out, unless connections may break.
    """
    over, statuses = threading.Event(), Counter[int]()

    def ask(request: Asked) -> list[int]:
        send, wanted = request
        seen = list[int]()
        while True:
            try:
                answer = send()
                is_served(answer, *wanted)
                seen.append(answer.status_code)
            except httpx2.HTTPError:
                if not may_break:
                    raise
            if over.wait(BETWEEN):
                return seen

    with ThreadPoolExecutor(len(requests)) as pool:
        asked = [pool.submit(ask, request) for request in requests]
        try:
            yield statuses
        finally:
            over.set()
    for one in asked:
        statuses.update(one.result())


class OneTeacher:
    """Signed up at the cluster's API, with a quiz on the sample chapter."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.client = httpx2.Client(base_url=cluster.api_url, timeout=10)
        who = {"email": f"{uuid.uuid4().hex}@school.example", "password": "a good password"}
        self.client.post("/auth/sign-up", json=who).raise_for_status()
        form = {"username": who["email"], "password": who["password"]}
        token = self.client.post("/auth/token", data=form).raise_for_status().json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"
        self.quiz = f"/quiz/{self.client.post('/quiz', json={'title': 'Cells'}).raise_for_status().json()['id']}"
        document = {"title": "Cells", "text": sample_chapter().text}
        self.client.post(f"{self.quiz}/documents", json=document).raise_for_status()
        self.workflow_id = ""

    def generate(self, questions: int) -> str:
        """Start a generation; its workflow id."""
        answer = self.post("generate-questions", questions).raise_for_status()
        self.workflow_id = answer.json()["workflow_id"]
        return self.workflow_id

    def insist(self, questions: int) -> str:
        """The same, asked for until it is accepted."""
        until_now(lambda: is_served(self.post("generate-questions", questions), 202), seconds=60)
        return self.generate(questions)

    def look(self) -> httpx2.Response:
        """Ask where it stands."""
        return self.client.get(f"{self.quiz}/generation-status", params={"workflow_id": self.workflow_id})

    def status(self) -> dict[str, object]:
        """Where it stands; 200, or the test fails."""
        status: dict[str, object] = self.look().raise_for_status().json()
        return status

    def fault(self, kind: str, **options: object) -> None:
        """Let the model misbehave, e.g. `fault("stall", match="mcq_1/3/")`."""
        rule = {"kind": kind, **options}
        httpx2.post(f"{self._cluster.model_url}/admin/faults", json={"rules": [rule]}).raise_for_status()

    def clear_faults(self) -> None:
        """Let the model be well again; what stalls goes on stalling."""
        httpx2.delete(f"{self._cluster.model_url}/admin/faults").raise_for_status()

    def lines(self) -> list[CallLine]:
        """What the ledger has of the generation, in order."""
        return [line for line in read_ledger(self._cluster.ledger) if line.step[0] == self.workflow_id]

    def calls(self) -> int:
        """How many lines these are."""
        return len(self.lines())

    def pause(self) -> None:
        """Pause it."""
        self._act("pause-generation")

    def resume(self) -> None:
        """Resume it; a run that has told its end and not closed yet is asked again."""
        answer = until_now(lambda: self.post("resume-generation", 0), lambda answer: answer.status_code != 503, 60)
        answer.raise_for_status()

    def cancel(self) -> None:
        """Cancel it."""
        self._act("cancel-generation")

    def until(self, wanted: str, seconds: float = 120) -> dict[str, object]:
        """Wait for a status."""
        return until_now(self.status, lambda status: status["status"] == wanted, seconds)

    def completed(self) -> int:
        """Questions that the API shows as finished."""
        progress = self.status()["progress"]
        assert isinstance(progress, dict)
        return int(progress["completed"])

    def seen(self) -> int:
        """The same; -1 while the API says that it cannot tell, or its connection breaks."""
        try:
            answer = self.look()
        except httpx2.HTTPError:
            return -1
        return int(answer.json()["progress"]["completed"]) if is_served(answer, 200) else -1

    def sees_another(self) -> int:
        """Wait for a finished question more than there are now; how many there are then."""
        before = until_now(self.seen, lambda now: now >= 0, 60)
        return until_now(self.seen, lambda now: now > before, 60)

    def resumed(self) -> str:
        """The status, after a resume where there is something to resume; nothing while the API cannot tell."""
        answer = self.look()
        if not is_served(answer, 200):
            return ""
        status = answer.json()
        if status["can_resume"]:
            is_served(self.post("resume-generation", 0), 202, 400, 409)
        return str(status["status"])

    def generations(self) -> list[str]:
        """The workflow ids that the rows have for the quiz, whatever the API was able to tell."""
        with psycopg.connect(self._cluster.database_url) as connection:
            query = "SELECT workflow_id FROM workflow_state WHERE quiz_id = %s"
            return [str(row[0]) for row in connection.execute(query, [self.quiz.removeprefix("/quiz/")])]

    def slots(self) -> list[int]:
        """Of the questions that the API lists."""
        page = self.client.get(f"{self.quiz}/questions", params={"limit": 100}).raise_for_status().json()
        return sorted(question["slot"] for question in page["items"])

    def paid_twice(self) -> list[Step]:
        """Steps that the model answered more than once."""
        answered = Counter(one.step for one in self.lines() if one.outcome == "answered")
        return [step for step, times in answered.items() if times > 1]

    def post(self, action: str, questions: int) -> httpx2.Response:
        """Send one of the generation's requests, a start among them, and have whatever is answered."""
        if action == "generate-questions":
            body, headers = {"target_question_count": questions}, {"Idempotency-Key": self.quiz}
            return self.client.post(f"{self.quiz}/{action}", json=body, headers=headers)
        return self.client.post(f"{self.quiz}/{action}", params={"workflow_id": self.workflow_id})

    def _act(self, action: str) -> None:
        self.post(action, 0).raise_for_status()
