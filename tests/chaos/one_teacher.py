"""One teacher with one generation, for tests that look at a single fault."""

import uuid
from collections import Counter

import httpx2

from tests.chaos.cluster import Cluster
from tests.chaos.evidence import Step, read_ledger
from tests.support.content import sample_chapter
from tests.support.waiting import until_now


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
        body = {"target_question_count": questions}
        answer = self.client.post(f"{self.quiz}/generate-questions", json=body).raise_for_status()
        self.workflow_id = answer.json()["workflow_id"]
        return self.workflow_id

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

    def calls(self) -> int:
        """Lines that the ledger has of the generation."""
        return sum(line.step[0] == self.workflow_id for line in read_ledger(self._cluster.ledger))

    def pause(self) -> None:
        """Pause it."""
        self._act("pause-generation")

    def resume(self) -> None:
        """Resume it."""
        self._act("resume-generation")

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
        """The same; -1 while the API cannot tell."""
        try:
            answer = self.look()
        except httpx2.HTTPError:
            return -1
        return int(answer.json()["progress"]["completed"]) if answer.status_code == 200 else -1

    def slots(self) -> list[int]:
        """Of the questions that the API lists."""
        page = self.client.get(f"{self.quiz}/questions", params={"limit": 100}).raise_for_status().json()
        return sorted(question["slot"] for question in page["items"])

    def paid_twice(self) -> list[Step]:
        """Steps that the model answered more than once."""
        lines = read_ledger(self._cluster.ledger)
        answered = Counter(one.step for one in lines if one.outcome == "answered" and one.step[0] == self.workflow_id)
        return [step for step, times in answered.items() if times > 1]

    def post(self, action: str, questions: int) -> httpx2.Response:
        """Send one of the generation's requests, a start among them, and have whatever is answered."""
        if action == "generate-questions":
            body, headers = {"target_question_count": questions}, {"Idempotency-Key": self.quiz}
            return self.client.post(f"{self.quiz}/{action}", json=body, headers=headers)
        return self.client.post(f"{self.quiz}/{action}", params={"workflow_id": self.workflow_id})

    def _act(self, action: str) -> None:
        self.post(action, 0).raise_for_status()
