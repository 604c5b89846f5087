"""The codec server: who may use it, what it takes, what it says and what it keeps to itself."""

import logging
from collections.abc import AsyncIterator

import httpx2
import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from payloads.access import Access
from payloads.app import MOST_BYTES, create_app
from payloads.codec import ENCODING
from tests.unit.payloads.made import NEW, OLD, PLAIN, decrypted, encrypted

TOKEN = "token-of-the-tests-0123456789-abcdef"
UI = "http://localhost:8233"
AUTH = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application, with the new key and the old one."""
    app = create_app([NEW, OLD], token=TOKEN, ui_origin=UI)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost:8090") as client:
        yield client


def _body(*payloads: Payload) -> str:
    return json_format.MessageToJson(Payloads(payloads=payloads))


def _payloads(answer: httpx2.Response) -> list[Payload]:
    return list(json_format.Parse(answer.text, Payloads()).payloads)


async def test_it_decodes(http: httpx2.AsyncClient) -> None:
    """Old keys, new keys and plain text in one request, in their order."""
    given = [await encrypted(OLD), PLAIN, await encrypted(NEW)]
    answer = await http.post("/decode", content=_body(*given), headers=AUTH)
    assert answer.status_code == 200
    assert _payloads(answer) == [PLAIN] * 3


async def test_it_encodes(http: httpx2.AsyncClient) -> None:
    """With the first key."""
    answer = await http.post("/encode", content=_body(PLAIN), headers=AUTH)
    (made,) = _payloads(answer)
    assert made.metadata["encoding"] == ENCODING
    assert await decrypted(made, NEW) == PLAIN


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": f"mcq_codec={TOKEN}", "Origin": UI},
        {"Cookie": "mcq_codec=99999999999.00", "Origin": UI},
        {"Cookie": "mcq_codec=", "Origin": UI},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/decode", "/encode"])
async def test_strangers_are_turned_away(http: httpx2.AsyncClient, path: str, headers: dict[str, str]) -> None:
    """401 with what to do, whatever the body is; it is not read."""
    answer = await http.post(path, content=_body(await encrypted(OLD)), headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "CODEC_SERVER_TOKEN" in answer.json()["what_to_do"]
    assert "proteins" not in answer.text


async def test_the_web_ui_signs_in_by_a_cookie(http: httpx2.AsyncClient) -> None:
    """The token buys one that scripts cannot read, and that counts for pages of the Web UI alone."""
    assert "password" in (await http.get("/")).text
    refused = await http.post("/sign-in", data={"token": "wrong"})
    assert refused.status_code == 401 and not refused.cookies
    signed_in = await http.post("/sign-in", data={"token": TOKEN})
    assert signed_in.status_code == 303 and TOKEN not in signed_in.headers["set-cookie"]
    body = _body(await encrypted(OLD))
    assert (await http.post("/decode", content=body, headers={"Origin": UI})).status_code == 200
    assert (await http.post("/decode", content=body, headers={"Origin": "http://localhost:1"})).status_code == 401
    assert (await http.post("/decode", content=body)).status_code == 401


async def test_other_servers_of_the_host_do_not_get_the_cookie(http: httpx2.AsyncClient) -> None:
    """Browsers send cookies to every port of a host name, so it is kept for the two paths that ask for it."""
    await http.post("/sign-in", data={"token": TOKEN})
    for path in ("/decode", "/encode"):
        answer = await http.post(path, content=_body(PLAIN), headers={"Origin": UI})
        assert (answer.status_code, answer.request.headers["cookie"].count("mcq_codec=")) == (200, 1)
    elsewhere = ["http://localhost:8000/", "http://localhost:8000/quizzes", "http://localhost:8233/", "/", "/sign-in"]
    assert [url for url in elsewhere if "cookie" in http.build_request("GET", url).headers] == []


@pytest.mark.parametrize(("ui", "secure"), [(UI, set()), ("https://temporal.example.org", {"secure"})])
async def test_the_cookie_is_as_closed_as_it_can_be(ui: str, secure: set[str]) -> None:
    """A Web UI with https can only call https, whatever way this server itself is asked behind its proxy."""
    app = create_app([NEW], token=TOKEN, ui_origin=ui)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost:8090") as client:
        answer = await client.post("/sign-in", data={"token": TOKEN})
    cookies = [{part.strip().lower() for part in line.split(";")[1:]} for line in answer.headers.get_list("set-cookie")]
    always = {"httponly", "samesite=strict", "max-age=43200"} | secure
    assert cookies == [{*always, "path=/encode"}, {*always, "path=/decode"}]


def test_a_cookie_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After twelve hours the token is asked for again; nobody can lengthen it."""
    access = Access(TOKEN, UI)
    until, _, mac = access.cookie().partition(".")
    assert access._is_cookie(f"{until}.{mac}") and not access._is_cookie(f"{int(until) + 1}.{mac}")
    monkeypatch.setattr("time.time", lambda: int(until) + 1)
    assert not access._is_cookie(f"{until}.{mac}")


async def test_only_the_web_ui_may_ask_from_a_browser(http: httpx2.AsyncClient) -> None:
    """The browser is told so before it sends anything, and before a page reads anything."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
    ours = await http.options("/decode", headers={"Origin": UI, **asked})
    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (200, UI)
    assert ours.headers["access-control-allow-credentials"] == "true"
    foreign = await http.options("/decode", headers={"Origin": "http://evil.example", **asked})
    assert foreign.status_code == 400 and "access-control-allow-origin" not in foreign.headers
    answer = await http.post("/decode", content=_body(PLAIN), headers={"Origin": "http://evil.example", **AUTH})
    assert "access-control-allow-origin" not in answer.headers
    refused = await http.post("/decode", content=_body(PLAIN), headers={"Origin": UI})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, UI)


async def test_bodies_are_bounded(http: httpx2.AsyncClient) -> None:
    """By what is declared and by what comes."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 100_000 + 1):
            yield b" " * 100_000

    declared = await http.post("/decode", content=b" " * (MOST_BYTES + 1), headers=AUTH)
    undeclared = await http.post("/decode", content=endless(), headers=AUTH)
    for answer in (declared, undeclared):
        assert answer.status_code == 413 and "8,000,000" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [b"", b"canary", b"\xff\xfe", b'{"payloads": 1}', b'{"payloads": [{"data": "canary!"}]}', b'{"canary": 1}',
     b'{"payloads":' + b"[" * 100_000],
)  # fmt: skip
async def test_rubbish_is_refused(http: httpx2.AsyncClient, body: bytes) -> None:
    """400, and nothing of it is quoted."""
    answer = await http.post("/decode", content=body, headers=AUTH)
    assert answer.status_code == 400 and "payloads" in answer.json()["what_to_do"]
    assert "canary" not in answer.text


async def test_a_missing_key_is_told(http: httpx2.AsyncClient) -> None:
    """Its id, and which setting to mend."""
    kept = await encrypted(OLD)
    kept.metadata["encryption-key-id"] = b"lost"
    answer = await http.post("/decode", content=_body(kept), headers=AUTH)
    assert answer.status_code == 400
    assert "'lost'" in answer.json()["detail"] and "PAYLOAD_KEYS" in answer.json()["what_to_do"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/decode"), ("POST", "/"), ("POST", "/nothing")])
async def test_other_addresses_say_what_there_is(http: httpx2.AsyncClient, method: str, path: str) -> None:
    """404 and 405 as problems."""
    answer = await http.request(method, path, headers=AUTH)
    assert answer.status_code in (404, 405) and "/decode" in answer.json()["what_to_do"]


async def test_logs_hold_neither_payload_nor_token(http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    """The address and the status of a request, nothing else."""
    caplog.set_level(logging.DEBUG)
    await http.post("/decode", content=_body(await encrypted(OLD)), headers=AUTH)
    await http.post("/decode", content=b'{"proteins": 1}', headers=AUTH)
    await http.post("/sign-in", data={"token": TOKEN})
    lines = [record.getMessage() for record in caplog.records if record.name == "payloads"]
    assert lines == ["codec server: /decode 200", "codec server: /decode 400", "codec server: sign-in 303"]
    assert "proteins" not in caplog.text and TOKEN not in caplog.text
