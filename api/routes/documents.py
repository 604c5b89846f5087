"""The documents of a quiz: files as multipart, or text as JSON."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from api.dependencies import OwnQuiz, TheServices, id_of
from api.problems import Problem, not_found, told
from api.schemas import AddedDocuments, DocumentOut, Documents, DocumentText, PastedDocument
from domain.documents import MOST_BYTES, document_from_text, read_document
from storage.quizzes import NewDocument

router = APIRouter(prefix="/quiz/{quiz_id}/documents", tags=["documents"])

# Splitting hairs of a large HTML file takes seconds of CPU; that is work, not waiting.
READING_SECONDS = 60.0
MOST_FILES = 20

_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": MOST_FILES,
                        "items": {"type": "string", "format": "binary"},
                        "description": "Text, Markdown or HTML files.",
                    }
                },
            }
        },
        "application/json": {"schema": {"$ref": "#/components/schemas/PastedDocument"}},
    },
}
DocumentId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]


@router.post(
    "",
    status_code=201,
    openapi_extra={"requestBody": _BODY},
    responses=told(
        "unauthorized", "not-found", "too-large", "unsupported-media-type", "invalid", "unusable-content", "unavailable"
    ),
)
async def add_documents(request: Request, services: TheServices, quiz: OwnQuiz) -> AddedDocuments:
    """Add documents. One whose text is there already is there once, so that a repeated upload does no harm."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        documents: Sequence[NewDocument] = [await _pasted(request)]
    elif kind == "multipart/form-data":
        documents = await _uploaded(request, services.settings.api_max_upload)
    else:
        raise Problem("unsupported-media-type", "Send multipart/form-data with `files`, or application/json.")
    request.state.clock.restart()
    stored = await services.quizzes.add_documents(quiz.id, documents, most_bytes=MOST_BYTES)
    if stored is None:
        raise not_found()  # deleted while the upload was on its way
    added, repeated = stored
    return AddedDocuments(items=[DocumentOut.of(document) for document in added], already_there=repeated)


@router.get("", responses=told("unauthorized", "not-found", "unavailable"))
async def list_documents(services: TheServices, quiz: OwnQuiz) -> Documents:
    """The documents in their order, without their texts."""
    return Documents(items=[DocumentOut.of(document) for document in await services.quizzes.document_heads(quiz.id)])


@router.get("/{document_id}", responses=told("unauthorized", "not-found", "unavailable"))
async def read_document_text(services: TheServices, quiz: OwnQuiz, document_id: DocumentId) -> DocumentText:
    """One document with its text: what the questions' `start` and `end` count in."""
    document = await services.quizzes.document(quiz.id, id_of(document_id))
    if document is None:
        raise not_found()
    return DocumentText(**DocumentOut.of(document).model_dump(), text=document.text)


@router.delete(
    "/{document_id}", status_code=204, responses=told("unauthorized", "not-found", "not-possible", "unavailable")
)
async def delete_document(services: TheServices, quiz: OwnQuiz, document_id: DocumentId) -> None:
    """Delete a document. Its questions stay. Not while a generation is active, which may be reading it."""
    active = await services.states.active(quiz.id)
    if active is not None:
        raise Problem(
            "not-possible",
            f"The generation {active.workflow_id} of this quiz is active; wait for it or cancel it first.",
            extra={"workflow_id": active.workflow_id},
        )
    if not await services.quizzes.delete_document(quiz.id, id_of(document_id)):
        raise not_found()


async def _pasted(request: Request) -> NewDocument:
    try:
        body = PastedDocument.model_validate_json(await request.body())
    except ValidationError as error:
        problems = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_input=False)]
        raise RequestValidationError(problems) from None
    request.state.clock.restart(READING_SECONDS)
    document = await asyncio.to_thread(document_from_text, body.title, body.text)
    return NewDocument(document.name, document.title, document.text)


async def _uploaded(request: Request, most_bytes: int) -> Sequence[NewDocument]:
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=MOST_FILES)
    except UnicodeError:  # the client names a charset, and Starlette takes its word
        problem = {"loc": ("body",), "msg": "its charset is none", "type": "value_error"}
        raise RequestValidationError([problem]) from None
    try:
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
        if not files:
            problem = {"loc": ("body", "files"), "msg": "send at least one file in this field", "type": "missing"}
            raise RequestValidationError([problem])
        request.state.clock.restart(READING_SECONDS)
        documents = []
        for file in files:
            data = await file.read(most_bytes + 1)
            if len(data) > most_bytes:
                raise Problem("too-large", f"A document is larger than {most_bytes:,} bytes.")
            document = await asyncio.to_thread(read_document, file.filename or "document.txt", data)
            documents.append(NewDocument(document.name, document.title, document.text))
    finally:
        await form.close()
    return documents
