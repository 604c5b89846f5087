"""Quizzes and their content are written once, however many processes write them."""

import asyncio
import uuid

import pytest

from domain.chunking import Chunk
from storage.engine import create_engine
from storage.quizzes import LOCAL_ACCOUNT, NewDocument, QuizStore
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import make_generation, query
from tests.support.waiting import until

ONE, TWO = NewDocument("one.md", "One", "Cells. " * 50), NewDocument("two.md", "Two", "Atoms. " * 50)
CHUNKS = [Chunk(0, 100, 0), Chunk(100, 200, 1), Chunk(200, 350, 1)]
# Of this test's database: other tests' clients are on the same server.
LOCKS = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
IN_TRANSACTIONS = """
SELECT state FROM pg_stat_activity WHERE state LIKE 'idle in%%' AND datname = current_database()"""


async def _quiz(quizzes: QuizStore, *documents: NewDocument, **settings: str) -> Quiz:
    quiz = Quiz(owner_id=await quizzes.local_owner(), title="A quiz", settings=settings)
    return await quizzes.create(quiz, documents)


async def test_documents_keep_their_order(quizzes: QuizStore) -> None:
    """As they were given; the text is whole."""
    quiz = await _quiz(quizzes, TWO, ONE)
    documents = await quizzes.documents(quiz.id)
    assert [(document.name, document.text) for document in documents] == [("two.md", TWO.text), ("one.md", ONE.text)]


async def test_the_same_document_twice_is_there_once(quizzes: QuizStore) -> None:
    """Under another name too: the content counts. Another quiz may have it as well."""
    quiz = await _quiz(quizzes, ONE, TWO, NewDocument("copy.md", "Copy", ONE.text))
    assert [document.name for document in await quizzes.documents(quiz.id)] == ["one.md", "two.md"]
    assert len(await quizzes.documents((await _quiz(quizzes, ONE)).id)) == 1


async def test_a_quiz_is_found_by_its_id(quizzes: QuizStore) -> None:
    """And only by it."""
    quiz = await _quiz(quizzes)
    loaded = await quizzes.load(quiz.id)
    assert loaded is not None and (loaded.title, loaded.language) == ("A quiz", "English")
    assert await quizzes.load(uuid.uuid4()) is None


async def test_chunks_are_written_once(quizzes: QuizStore) -> None:
    """A repeated preparation gets the first one's chunks, even when the rule of splitting has changed meanwhile."""
    (document,) = await quizzes.documents((await _quiz(quizzes, ONE)).id)
    first = await quizzes.save_chunks(document, CHUNKS)
    assert [(chunk.start, chunk.end, chunk.section) for chunk in first] == [(0, 100, 0), (100, 200, 1), (200, 350, 1)]
    assert [chunk.text for chunk in first] == [ONE.text[0:100], ONE.text[100:200], ONE.text[200:350]]
    again = await quizzes.save_chunks(document, [Chunk(0, 350, 0)])
    assert [chunk.id for chunk in again] == [chunk.id for chunk in first]


async def test_chunks_written_at_once_are_the_same(quizzes: QuizStore) -> None:
    """Two generations of a quiz may be prepared at the same time."""
    (document,) = await quizzes.documents((await _quiz(quizzes, ONE)).id)
    written = await asyncio.gather(*(quizzes.save_chunks(document, CHUNKS) for _ in range(8)))
    assert len({tuple(chunk.id for chunk in chunks) for chunks in written}) == 1
    assert len(written[0]) == 3


async def test_a_chunk_knows_its_document(quizzes: QuizStore) -> None:
    """Text, offset and the document's name; None when it is gone."""
    (document,) = await quizzes.documents((await _quiz(quizzes, ONE)).id)
    chunk_id = (await quizzes.save_chunks(document, CHUNKS))[1].id
    assert chunk_id is not None
    chunk = await quizzes.chunk(chunk_id)
    assert chunk is not None and (chunk.text, chunk.start, chunk.document) == (ONE.text[100:200], 100, "one.md")
    assert await quizzes.chunk(chunk_id + 100) is None


async def test_the_local_owner_is_one(quizzes: QuizStore, database_url: str) -> None:
    """However many commands start at once."""
    owners = await asyncio.gather(*(quizzes.local_owner() for _ in range(10)))
    assert query(database_url, 'SELECT id, email FROM "user"') == [(owners[0], LOCAL_ACCOUNT)]
    assert set(owners) == {owners[0]}


async def test_the_newest_generation_of_the_same_request(quizzes: QuizStore, states: WorkflowStateStore) -> None:
    """The newest of all quizzes that the same files and options made; nobody else's."""
    await make_generation(states, await _quiz(quizzes, fingerprint="same"))
    newest = await make_generation(states, await _quiz(quizzes, fingerprint="same"))
    quiz = await _quiz(quizzes, fingerprint="other")
    await make_generation(states, quiz)
    found = await quizzes.newest_with_fingerprint(quiz.owner_id, "same")
    assert found is not None and found.workflow_id == newest
    assert await quizzes.newest_with_fingerprint(uuid.uuid4(), "same") is None
    assert await quizzes.newest_with_fingerprint(quiz.owner_id, "none") is None


async def test_one_at_a_time_excludes(quizzes: QuizStore) -> None:
    """Of ten that want the same, each is alone while it works."""
    inside, most = 0, 0

    async def work() -> None:
        nonlocal inside, most
        async with quizzes.one_at_a_time("name"):
            inside += 1
            most = max(most, inside)
            await quizzes.local_owner()  # gives the others every chance
            inside -= 1

    await asyncio.gather(*(work() for _ in range(10)))
    assert (inside, most) == (0, 1)


async def test_other_names_do_not_wait(quizzes: QuizStore) -> None:
    """Different work goes on side by side."""
    async with asyncio.timeout(10), quizzes.one_at_a_time("one"), quizzes.one_at_a_time("two"):
        pass


async def test_other_processes_are_kept_out(quizzes: QuizStore, database_url: str) -> None:
    """The lock is the database's; its holder keeps no transaction open while it works."""
    other = create_engine(database_url, pool_size=1)
    entered = asyncio.Event()

    async def enter() -> None:
        async with QuizStore(other).one_at_a_time("name"):
            entered.set()

    async with quizzes.one_at_a_time("name"):
        waiting = asyncio.create_task(enter())
        await until(lambda: asyncio.to_thread(query, database_url, LOCKS), lambda rows: rows[0][0] == 1)
        assert not entered.is_set()
        assert query(database_url, IN_TRANSACTIONS) == []
    await waiting
    assert entered.is_set()
    await other.dispose()


async def test_a_block_that_fails_lets_the_next_one_in(quizzes: QuizStore) -> None:
    """The lock does not outlive its holder."""
    with pytest.raises(ZeroDivisionError):
        async with quizzes.one_at_a_time("name"):
            raise ZeroDivisionError
    async with asyncio.timeout(10), quizzes.one_at_a_time("name"):
        pass


async def test_who_is_cancelled_while_waiting_holds_nothing(quizzes: QuizStore, database_url: str) -> None:
    """Ctrl-C while another process holds the lock: the connection that waited takes no lock with it into the pool."""

    async def enter() -> None:
        async with quizzes.one_at_a_time("name"):
            raise AssertionError("the lock is held by another")

    async with quizzes.one_at_a_time("name"):
        waiting = asyncio.create_task(enter())
        await until(lambda: asyncio.to_thread(query, database_url, LOCKS), lambda rows: rows[0][0] == 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    other = create_engine(database_url, pool_size=1)
    async with asyncio.timeout(10), QuizStore(other).one_at_a_time("name"):
        pass
    await other.dispose()
