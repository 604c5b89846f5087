"""Accounts, passwords and tokens."""

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import jwt
import psycopg
import pytest
from pydantic import SecretStr

from api.passwords import AT_ONCE
from api.throttle import MOST_BY_BOTH
from settings import Settings
from storage.quizzes import LOCAL_ACCOUNT
from tests.api.server import SECRET, ApiProcess, User
from tests.support.databases import copy_of
from tests.support.waiting import until_now

PASSWORD = "a good password"


@pytest.fixture(scope="module")
def lonely(
    api_settings: Settings, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    """A client of an API with a database of its own: failed sign-ins are counted by address, and all tests share one.

    Its tokens live two seconds.
    """
    with copy_of(template_database) as url:
        settings = api_settings.model_copy(update={"database_url": SecretStr(url)})
        folder = tmp_path_factory.mktemp("lonely")
        with (
            ApiProcess(settings, folder, API_TOKEN_HOURS=str(2 / 3600)) as api,
            httpx2.Client(base_url=api.url, trust_env=False, timeout=30) as client,
        ):
            yield client


@pytest.fixture
def email() -> str:
    """An e-mail that nobody has."""
    return f"{uuid.uuid4().hex}@school.example"


def sign_up(client: httpx2.Client, email: str, password: str = PASSWORD) -> httpx2.Response:
    """Create an account."""
    return client.post("/auth/sign-up", json={"email": email, "password": password})


def sign_in(client: httpx2.Client, email: str, password: str = PASSWORD, address: str = "") -> httpx2.Response:
    """Ask for a token; `address` is where the client is, as a proxy on this machine tells it."""
    headers = {"X-Forwarded-For": address} if address else {}
    return client.post("/auth/token", data={"username": email, "password": password}, headers=headers)


def test_sign_up_sign_in_and_go(lonely: httpx2.Client, email: str) -> None:
    """An account, then a token that works and says how long it lives."""
    made = sign_up(lonely, email)
    assert (made.status_code, made.json()["email"]) == (201, email)
    token = sign_in(lonely, email).raise_for_status().json()
    assert (token["token_type"], token["expires_in"]) == ("bearer", 2)
    assert lonely.get("/quiz", headers={"Authorization": f"Bearer {token['access_token']}"}).status_code == 200


def test_an_e_mail_is_the_same_in_capitals_and_with_spaces(lonely: httpx2.Client, email: str) -> None:
    """For the account and for the sign-in, whichever way round."""
    assert sign_up(lonely, f"  {email.upper()} ").json()["email"] == email
    assert sign_up(lonely, email).status_code == 409
    for one in (email, email.upper(), f" {email.title()}\t"):
        assert sign_in(lonely, one).status_code == 200


def test_a_taken_e_mail_is_told(lonely: httpx2.Client, email: str) -> None:
    """409, and the first password stays."""
    sign_up(lonely, email)
    again = sign_up(lonely, email, "another password")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/email-taken")
    assert sign_in(lonely, email).status_code == 200
    assert sign_in(lonely, email, "another password").status_code == 401


def test_sign_ups_at_the_same_moment_make_one_account(lonely: httpx2.Client, email: str) -> None:
    """One 201, the others 409."""
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda _: sign_up(lonely, email), range(8)))
    assert statuses == [201] + [409] * 7


def test_a_wrong_password_and_an_unknown_e_mail_look_the_same(lonely: httpx2.Client, email: str) -> None:
    """The same status, body and headers: nobody learns who has an account."""
    sign_up(lonely, email)
    wrong = sign_in(lonely, email, "not the password")
    unknown = sign_in(lonely, f"un{email}", "not the password")
    local = sign_in(lonely, LOCAL_ACCOUNT, "not the password")
    assert wrong.status_code == unknown.status_code == local.status_code == 401
    assert wrong.content == unknown.content == local.content
    assert wrong.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "password", ["", "1234567", "Zq7#" + "x" * 300, 12345678, None, ["a good password"], "a\ud800" * 8]
)
def test_a_password_is_never_told_back(lonely: httpx2.Client, email: str, password: Any) -> None:
    """422 names the field and not what was in it."""
    body = f'{{"email": "{email}", "password": {json.dumps(password)}}}'
    answer = lonely.post("/auth/sign-up", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["password"]
    assert not password or str(password) not in answer.text


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "a@",
        "@b",
        "a b@c",
        "a@b@c",
        "a@b\u0000",
        "a\n@b",
        "x" * 320 + "@y",
        "\u0130" * 300 + "@school.example",
        5,
        None,
    ],
)
def test_what_is_no_e_mail_is_told(lonely: httpx2.Client, email: Any) -> None:
    """422 with the field; also for one that grows over the limit when it is made small."""
    answer = sign_up(lonely, email)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ["email"]


def test_the_local_account_belongs_to_the_command_line(lonely: httpx2.Client) -> None:
    """It can be neither signed up nor signed in, also when it is there."""
    for one in (LOCAL_ACCOUNT, LOCAL_ACCOUNT.upper(), f" {LOCAL_ACCOUNT} "):
        assert sign_up(lonely, one).status_code == 409
    for password in ("", "None", "null", PASSWORD):
        assert sign_in(lonely, LOCAL_ACCOUNT, password).status_code in (401, 422)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"username": "a@b"},
        {"password": "x"},
        {"username": "a@b", "password": "x" * 100_000},
        {"username": "\x00", "password": "\x00"},
        {"username": "x" * 100_000, "password": "y"},
        {"username": "a@b", "password": "x", "grant_type": "client_credentials"},
    ],
)
def test_a_strange_form_gets_no_token(lonely: httpx2.Client, form: dict[str, str]) -> None:
    """401 or 422, never a fault."""
    assert lonely.post("/auth/token", data=form).status_code in (401, 422)


def test_a_token_expires(lonely: httpx2.Client, email: str) -> None:
    """After API_TOKEN_HOURS it is refused, and the problem says so."""
    sign_up(lonely, email)
    headers = {"Authorization": f"Bearer {sign_in(lonely, email).json()['access_token']}"}
    assert lonely.get("/quiz", headers=headers).status_code == 200
    refused = until_now(lambda: lonely.get("/quiz", headers=headers), lambda answer: answer.status_code != 200, 10)
    assert (refused.status_code, refused.json()["detail"]) == (401, "The token has expired.")


def _claims(user: User) -> dict[str, Any]:
    token = user.client.headers["Authorization"].split()[1]
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_forged_tokens_are_refused(user: User) -> None:
    """Another secret or algorithm, none at all, a changed or missing claim; the good one still works."""
    claims = _claims(user)
    good = user.client.headers["Authorization"].removeprefix("Bearer ")
    head, payload, signature = good.split(".")

    def made(changes: dict[str, Any], *gone: str, key: str = SECRET, algorithm: str = "HS256") -> str:
        content = {name: value for name, value in (claims | changes).items() if name not in gone}
        return jwt.encode(content, key, algorithm=algorithm)

    tokens = {
        "another secret": made({}, key=SECRET[::-1]),
        "algorithm none": jwt.encode(claims, None, algorithm="none"),  # type: ignore[arg-type]  # its types lack None
        "another algorithm": made({}, key=SECRET * 2, algorithm="HS512"),
        "no expiry": made({}, "exp"),
        "no subject": made({}, "sub"),
        "no issuer": made({}, "iss"),
        "another issuer": made({"iss": "somebody"}),
        "expired": made({"exp": int(time.time()) - 1}),
        "not yet good": made({"nbf": int(time.time()) + 1000}),
        "subject that is no id": made({"sub": "admin"}),
        "expiry that is no number": made({"exp": "tomorrow"}),
        "expiry beyond all calendars": made({"exp": 10**30}),
        "expiry for ever": made({"exp": float("inf")}),
        "no signature": f"{head}.{payload}.",
        "another signature": f"{head}.{payload}.{signature[::-1]}",
        "two parts": f"{head}.{payload}",
        "long": "x" * 20_000,
    }
    for name, token in tokens.items():
        answer = user.client.get("/quiz", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, (name, answer.text)
        assert answer.headers["Content-Type"] == "application/problem+json", name
    assert user.client.get("/quiz").status_code == 200


@pytest.mark.parametrize("form", ["{0}", "Token {0}", "Bearer", "Bearer {0} {0}", "Bearer\t{0}x", "Basic {0}"])
def test_a_malformed_header_is_no_sign_in(user: User, form: str) -> None:
    """401, whatever stands there."""
    token = user.client.headers["Authorization"].removeprefix("Bearer ")
    assert user.client.get("/quiz", headers={"Authorization": form.format(token)}).status_code == 401


def test_bytes_that_are_no_ascii_are_no_sign_in(user: User) -> None:
    """A header is bytes."""
    headers = [(b"Authorization", b"Bearer \xff\xfe\xe9.\x80.\xa0")]
    assert user.client.get("/quiz", headers=headers).status_code == 401


def test_guessing_is_made_slow(lonely: httpx2.Client, email: str) -> None:
    """After some failures of an e-mail at an address: 429 with a time, also for the right password; nobody else's."""
    other, here, there = f"other-{email}", "192.0.2.1", "192.0.2.2"
    sign_up(lonely, email), sign_up(lonely, other)
    for _ in range(MOST_BY_BOTH):
        assert sign_in(lonely, email, "wrong", here).status_code == 401
    for password in ("wrong", PASSWORD):
        refused = sign_in(lonely, email.upper(), password, here)
        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-attempts")
        assert 1 <= int(refused.headers["Retry-After"]) <= 15 * 60
    assert sign_in(lonely, other, PASSWORD, here).status_code == 200
    assert sign_in(lonely, email, PASSWORD, there).status_code == 200


def test_a_right_password_forgets_the_failures(lonely: httpx2.Client, email: str) -> None:
    """Who mistypes now and then is never locked out."""
    sign_up(lonely, email)
    for _ in range(2):
        for _ in range(MOST_BY_BOTH - 1):
            assert sign_in(lonely, email, "wrong", "192.0.2.3").status_code == 401
        assert sign_in(lonely, email, PASSWORD, "192.0.2.3").status_code == 200


def test_guessing_at_the_same_moment_is_counted_too(lonely: httpx2.Client, email: str) -> None:
    """Forty guesses at once are no way around the limit: those that waited for their turn are refused."""
    sign_up(lonely, email)
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: sign_in(lonely, email, "wrong", "192.0.2.4"), range(40)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {401, 429, 503}
    assert statuses.count(401) <= MOST_BY_BOTH + AT_ONCE


def test_passwords_and_e_mails_are_not_kept_in_the_open(user: User, api_settings: Settings) -> None:
    """Argon2id hashes of passwords; of failed sign-ins only hashes of what was typed."""
    typed = f"typed-{uuid.uuid4().hex}"
    sign_in(user.client, typed, "a secret that was mistyped")
    with psycopg.connect(api_settings.require_database_url()) as connection:
        row = connection.execute('SELECT password_hash FROM "user" WHERE email = %s', (user.email,)).fetchone()
        assert row is not None and row[0].startswith("$argon2id$")
        keys = [key for (key,) in connection.execute("SELECT key FROM sign_in_failure")]
    assert keys and not any(typed in key for key in keys)


def test_the_log_holds_no_secret(api: ApiProcess, user: User) -> None:
    """Neither a password nor a token nor an e-mail."""
    mistyped = f"mistyped-{uuid.uuid4().hex}"
    sign_in(user.client, user.email, mistyped)
    sign_up(user.client, user.email, mistyped)
    user.client.get(f"/quiz/{mistyped}", params={"cursor": mistyped})
    log = until_now(api.log, lambda text: "/auth/token" in text)
    token = user.client.headers["Authorization"].split()[1]
    for secret in (mistyped, token, user.email, PASSWORD):
        assert secret not in log
