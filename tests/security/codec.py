"""What people and strangers ask of the codec server, with secrets in every place where a client can put one."""

from collections.abc import Mapping
from typing import Any

import httpx2
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads

from tests.unit.payloads.made import NEW, encrypted


async def ask_for_all(url: str, canaries: Mapping[str, str]) -> list[str]:
    """Decode, encode and sign in, as one may and as one may not; the answers.

    `shown`: a name that no filter of logs knows.
    """
    token, key = canaries["CODEC_SERVER_TOKEN"], canaries["PAYLOAD_KEYS"]
    foreign = json_format.MessageToJson(Payloads(payloads=[await encrypted(NEW)]))
    junk = f'{{"payloads": [{{"metadata": "{key}", "data": "{token}"}}], "{canaries["PAYLOAD_KEYS, as it is set"]}'
    tokens = [f"Bearer {token}", f"Bearer {token}x", f"Basic {token}", f"Bearer {canaries['wrong password']}"]
    requests: list[dict[str, Any]] = [
        {"method": "POST", "url": path, "content": body, "headers": {"Authorization": one}}
        for one in tokens
        for body in ('{"payloads": []}', foreign, junk)
        for path in ("/decode", "/encode", f"/decode?shown={token}")
    ]
    forms = [{"token": token}, {"token": canaries["wrong password"]}, {"password": token}]
    requests += [{"method": "POST", "url": "/sign-in", "data": form} for form in forms]
    paths = ["/", "/signed-in", "/healthz", f"/{token}", f"/decode?shown={token}"]
    requests += [{"method": "GET", "url": path} for path in paths]
    async with httpx2.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        answers = [await client.request(**request) for request in requests]
    assert {answer.status_code for answer in answers} == {200, 303, 400, 401, 404, 405}
    return [f"{answer.status_code} {answer.headers!r} {answer.text}" for answer in answers]
