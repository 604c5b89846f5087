"""The demo model's HTTP interface: an OpenAI-compatible server that writes questions by rules, offline.

The story of one call: read it, choose a fault if one is due, think for as long as the latency says, write the answer,
put it into the ledger, send it.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from demo_model.chat import Call, RejectedError, Reply, read_call, reply_to
from demo_model.connection import wait_for_client_to_leave
from demo_model.fault_answers import fault_answer
from demo_model.faults import Faults, InvalidFaultsError, Plan
from demo_model.latency import Latency
from demo_model.ledger import Entry, Ledger, now
from demo_model.openai_shapes import MODEL, OWNER, completion, error_response, json_response, model_card

log = logging.getLogger("demo_model")
REQUEST_ID_HEADER = "x-client-request-id"
PROJECT_HEADER = "openai-project"


class Asked(NamedTuple):
    """Which call it is, whose, and when it came in."""

    request_id: str
    project: str
    began: str


@dataclass(slots=True)
class DemoModel:
    """What the routes share."""

    ledger: Ledger
    latency: Latency
    faults: Faults

    async def chat(self, request: Request) -> Response:
        """`POST /v1/chat/completions`."""
        headers = request.headers
        asked = Asked(headers.get(REQUEST_ID_HEADER, ""), headers.get(PROJECT_HEADER, ""), now())
        try:
            body = await request.body()
        except ClientDisconnect:
            return await self._recorded(asked, "client_gone", Response())
        digest = hashlib.sha256(body).hexdigest()
        try:
            call = read_call(body)
        except RejectedError as error:
            rejected = error_response(400, str(error), param=error.param)
            return await self._recorded(asked, "rejected", rejected)

        strike = self.faults.choose(asked.request_id, digest)
        seconds = self.latency.seconds(digest)
        if seconds and await wait_for_client_to_leave(request.receive, seconds):
            return await self._recorded(asked, "client_gone", Response(), call.prompt_tokens)

        # In a thread: a long text must not keep /healthz and the other calls waiting.
        reply = await asyncio.to_thread(reply_to, call)
        if strike is not None:
            response, tokens = fault_answer(strike, digest, reply.content, call.prompt_tokens)
            outcome = strike.fault.value
        else:
            response, tokens = _answer(digest, call, reply), reply.tokens
            outcome = "refused" if reply.refusal else "answered"
        return await self._recorded(asked, outcome, response, call.prompt_tokens, tokens)

    async def _recorded(
        self, asked: Asked, outcome: str, response: Response, prompt_tokens: int = 0, completion_tokens: int = 0
    ) -> Response:
        """The response, once the ledger holds it. What can't be witnessed is not sent."""
        try:
            entry = Entry(
                asked.request_id, now(), outcome, prompt_tokens, completion_tokens, asked.began, asked.project
            )
            await self.ledger.append(entry)
        except OSError as error:
            log.error("demo model: the ledger can't be written: %s", error)
            return error_response(500, "The demo model can't write its ledger.", kind="server_error")
        log.info("demo model: %s %s", outcome, asked.request_id)
        return response

    async def show_faults(self, request: Request) -> Response:
        """`GET /admin/faults`."""
        return json_response(self.faults.as_json())

    async def add_faults(self, request: Request) -> Response:
        """`POST /admin/faults`."""
        try:
            self.faults.add(json.loads(await request.body()))
        except InvalidFaultsError as error:
            return error_response(400, str(error))
        except (ValueError, RecursionError):
            return error_response(400, "The body is not JSON.")
        return json_response(self.faults.as_json())

    async def clear_faults(self, request: Request) -> Response:
        """`DELETE /admin/faults`: the rules go, the seeded plan stays."""
        self.faults.rules.clear()
        return json_response(self.faults.as_json())


def _answer(digest: str, call: Call, reply: Reply) -> Response:
    return json_response(
        completion(
            digest,
            content=reply.content,
            refusal=reply.refusal,
            finish_reason=reply.finish_reason,
            prompt_tokens=call.prompt_tokens,
            completion_tokens=reply.tokens,
        )
    )


async def _models(request: Request) -> Response:
    return json_response({"object": "list", "data": [model_card()]})


async def _model(request: Request) -> Response:
    if request.path_params["name"] != MODEL:
        return error_response(404, "There is only the demo model.", code="model_not_found", param="model")
    return json_response(model_card())


async def _health(request: Request) -> Response:
    return json_response({"status": "ok", "model": MODEL, "about": OWNER})


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "The demo model failed."
    kind = "invalid_request_error" if status < 500 else "server_error"
    return error_response(status, detail, kind=kind)


def create_app(*, ledger_path: Path, latency: str = "0", faults: str = "") -> Starlette:
    """The server's application; raises InvalidLatencyError or InvalidFaultsError on settings it can't understand."""
    wait, plan = Latency.parse(latency), Faults(Plan.parse(faults))
    # Opened here rather than at start-up, so that a path that can't be written is an error at once.
    model = DemoModel(Ledger(ledger_path), wait, plan)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        log.info("demo model: rule-based, offline; ledger %s", ledger_path)
        yield
        await model.ledger.close()

    errors: dict[Any, Any] = {HTTPException: _http_error, 500: _http_error}
    return Starlette(
        routes=[
            Route("/v1/chat/completions", model.chat, methods=["POST"]),
            Route("/v1/models", _models),
            Route("/v1/models/{name}", _model),
            Route("/healthz", _health),
            Route("/admin/faults", model.show_faults, methods=["GET"]),
            Route("/admin/faults", model.add_faults, methods=["POST"]),
            Route("/admin/faults", model.clear_faults, methods=["DELETE"]),
        ],
        exception_handlers=errors,
        lifespan=lifespan,
    )
