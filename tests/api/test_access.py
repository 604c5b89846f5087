"""Who may see what, proven for every route that the API's own document lists: new routes are covered by being there."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx2
import jwt
import psycopg
import pytest

from api.app import create_app
from settings import Settings
from tests.api.server import SECRET, ApiProcess, User
from tests.support.content import sample_chapter
from tests.support.openapi import Operation, operations

DOCUMENT = create_app(Settings(_env_file=None)).openapi()
ALL = list(operations(DOCUMENT))
SECURED = [one for one in ALL if one.needs_token]
OF_A_QUIZ = [one for one in SECURED if one.takes("quiz_id")]
# Read by machines and by people without an account.
OPEN = {
    "POST /auth/sign-up", "POST /auth/token", "GET /healthz", "GET /readyz", "GET /metrics", "GET /problems/{kind}",
}  # fmt: skip
# Filters of a list: what is not there leaves it empty, whosever it is.
FILTERS = {("GET /quiz/{quiz_id}/questions", "workflow_id")}
# What belongs to a quiz.
PARTS = ("document_id", "workflow_id", "question_id")


@dataclass(frozen=True)
class Possessions:
    """A user, and an id of each thing they own."""

    user: User
    ids: dict[str, str]


@pytest.fixture(scope="module")
def owners(api: ApiProcess, api_settings: Settings, worker_process: None) -> Iterator[tuple[Possessions, Possessions]]:
    """Two users, each with a quiz, a document, a generation and a question."""
    made = []
    for _ in range(2):
        user = User(api.url, f"{uuid.uuid4().hex}@school.example")
        quiz_id = user.quiz("Mine", text=sample_chapter().text)
        document_id = user.client.get(f"/quiz/{quiz_id}/documents").json()["items"][0]["id"]
        workflow_id = user.generate(quiz_id, 1)
        user.until_status(quiz_id, workflow_id, "completed")
        with psycopg.connect(api_settings.require_database_url()) as connection:
            row = connection.execute("SELECT id FROM question WHERE workflow_id = %s", (workflow_id,)).fetchone()
        assert row is not None
        ids = {
            "quiz_id": quiz_id,
            "document_id": document_id,
            "workflow_id": workflow_id,
            "question_id": str(row[0]),
        }
        made.append(Possessions(user, ids))
    yield made[0], made[1]
    for one in made:
        one.user.client.close()


def test_the_live_document_is_the_one_that_is_tested(api: ApiProcess) -> None:
    """The routes below are those of the running process."""
    assert httpx2.get(f"{api.url}/openapi.json", trust_env=False).json() == DOCUMENT


def test_only_the_listed_routes_are_open() -> None:
    """A new route asks for a token unless somebody decides otherwise here."""
    assert {str(one) for one in ALL if not one.needs_token} == OPEN


@pytest.mark.parametrize("operation", SECURED, ids=str)
def test_no_route_answers_without_a_good_token(operation: Operation, owners: tuple[Possessions, Possessions]) -> None:
    """401 with the scheme to use, for no token, an expired one, a stranger's and rubbish; the same for each route."""
    mine = owners[0]
    claims = jwt.decode(mine.user.client.headers["Authorization"].split()[1], options={"verify_signature": False})
    expired = jwt.encode({**claims, "exp": claims["iat"] - 1}, SECRET, algorithm="HS256")
    foreign = jwt.encode(claims, "another secret, also long enough to be one", algorithm="HS256")
    request = operation.request(mine.ids)
    for header in (None, f"Bearer {expired}", f"Bearer {foreign}", "Bearer x", "Bearer", "Basic eDp5", "rubbish"):
        headers = {"Authorization": header} if header is not None else {}
        answer = httpx2.request(
            **{**request, "url": str(mine.user.client.base_url).rstrip("/") + request["url"]},
            headers=headers,
            trust_env=False,
            timeout=20,
        )
        assert answer.status_code == 401, header
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert_is_problem(answer, "/problems/unauthorized")


@pytest.mark.parametrize("operation", OF_A_QUIZ, ids=str)
def test_nothing_tells_others_ids_from_no_ids(operation: Operation, owners: tuple[Possessions, Possessions]) -> None:
    """Another's quiz, document, generation or question, one that nobody has, and no id at all: the same bytes."""
    mine, theirs = owners
    nobody = str(uuid.uuid4())
    nobodys = {**dict.fromkeys(mine.ids, nobody), "workflow_id": f"mcq_{mine.ids['quiz_id']}_00000000"}
    asked = [theirs.ids, nobodys]
    asked += [{**theirs.ids, "quiz_id": quiz_id} for quiz_id in (nobody, "none", "..%2f", "\x00", "é" * 40, "0" * 3000)]
    for part in filter(operation.takes, PARTS):
        wrong = (theirs.ids[part], nobodys[part], "none", "\x00", "é" * 40, "mcq_x_y", f"mcq_{nobody}_00000000")
        asked += [{**mine.ids, part: value} for value in wrong]
        if (str(operation), part) in FILTERS:
            filtered = [mine.user.client.request(**operation.request(ids)) for ids in asked[-len(wrong) :]]
            empty = b'{"items":[],"next_cursor":null}'
            # What can be no id at all may be told as that: it depends on nobody's things.
            assert [(answer.status_code, answer.content) for answer in filtered[:3]] == [(200, empty)] * 3
            assert all(answer.status_code == 422 or answer.content == empty for answer in filtered)
            del asked[-len(wrong) :]
    bodies = set()
    for ids in asked:
        answer = mine.user.client.request(**operation.request(ids))
        assert answer.status_code == 404, (ids, answer.text)
        assert_is_problem(answer, "/problems/not-found")
        bodies.add(answer.content)
    assert len(bodies) == 1
    # What was asked for is still there.
    for one in owners:
        assert one.user.client.get(f"/quiz/{one.ids['quiz_id']}").status_code == 200
        assert len(one.user.client.get(f"/quiz/{one.ids['quiz_id']}/documents").json()["items"]) == 1


@pytest.mark.parametrize("operation", ALL, ids=str)
def test_every_problem_of_a_route_is_documented(operation: Operation) -> None:
    """What any client must expect: no token, nothing there, wrong fields, too much, a part that is away."""
    responses = operation.spec["responses"]
    machine = operation.path in ("/healthz", "/readyz", "/metrics") or operation.path.startswith("/problems")
    expected = set() if machine else {"503"}
    expected |= {"401"} if operation.needs_token else set()
    expected |= {"404"} if operation.names("path") else set()
    expected |= {"422"} if operation.media_types or operation.names("query") or operation.names("header") else set()
    expected |= {"413"} if operation.media_types else set()
    assert expected <= set(responses)
    for status, response in responses.items():
        if status >= "400" and operation.path != "/readyz":
            assert list(response["content"]) == ["application/problem+json"], status


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/problems/not-found"])
def test_machines_need_no_token(api: ApiProcess, worker_process: None, path: str) -> None:
    """Probes, Prometheus and readers of the documentation."""
    assert httpx2.get(api.url + path, trust_env=False).status_code in ((200, 503) if path == "/readyz" else (200,))


def test_each_type_of_problem_is_a_page(api: ApiProcess) -> None:
    """`type` leads to an explanation, for every kind that the document has an example of."""
    kinds = set()
    for operation in ALL:
        for response in operation.spec["responses"].values():
            kinds |= set(response.get("content", {}).get("application/problem+json", {}).get("examples", {}))
    assert kinds
    for kind in kinds:
        assert httpx2.get(f"{api.url}/problems/{kind}", trust_env=False).json()["type"] == f"/problems/{kind}"


def test_a_user_sees_their_own_quizzes_alone(owners: tuple[Possessions, Possessions]) -> None:
    """The list is the caller's."""
    for one in owners:
        items = one.user.client.get("/quiz").json()["items"]
        assert [item["id"] for item in items] == [one.ids["quiz_id"]]


def test_a_token_of_a_user_who_is_gone_makes_nothing(api: ApiProcess, quiz_with_content: Callable[[], str]) -> None:
    """A good signature is not an account."""
    quiz_id = quiz_with_content()
    claims = {"iss": "mcq", "sub": str(uuid.uuid4()), "iat": 1, "exp": 4_000_000_000}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}"}
    with httpx2.Client(base_url=api.url, headers=headers, trust_env=False) as client:
        assert client.post("/quiz", json={"title": "x"}).status_code == 401
        assert client.get("/quiz").json()["items"] == []
        assert client.get(f"/quiz/{quiz_id}").status_code == 404


def assert_is_problem(answer: httpx2.Response, kind: str) -> None:
    """The body is a problem of this type."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"]) == (kind, answer.status_code)
    assert body["title"] and body["detail"] and body["what_to_do"]
