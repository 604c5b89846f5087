"""The way between two processes is slow, cut, silent or loses answers: for each pair, every kind in turn."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx2
import psycopg
import pytest

from temporal_client import connect
from tests.chaos.cluster import API, DEMO_MODEL, PAIRS, TEMPORAL, WORKER, Cluster, fresh_cluster
from tests.chaos.evidence import Step, completed_steps
from tests.chaos.one_teacher import Asked, OneTeacher, asking, is_served
from tests.support.proxy import Proxy, Way
from tests.support.waiting import until, until_now

QUESTIONS, SOME, FEW = 20, 6, 2
WINDOW = 2
BROKEN = (Way.SLOW, Way.REFUSING, Way.SILENT, Way.ONE_WAY)
# Seconds for which the way stays broken; of a slow one, how late things arrive.
SECONDS, DELAY = 2.0, 1.5
# How late a request arrives whose client has given up.
LATE = 4.0
# Longer than whatever the API waits for: a request for 3 s, a pool for 2 s, a new connection for 3 s.
LONG = 12.0
OF_THE_API = [pair for pair in PAIRS if pair[0] == API]
OF_THE_WORKER = [pair for pair in PAIRS if pair[0] != API]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One for nearly all of them, with a proxy between each pair."""
    environment = {"WORKFLOW_WINDOW": str(WINDOW), "WORKFLOW_MIRROR_DELAY": "0.2"}
    with fresh_cluster(workers=1, latency="1-1.5", proxied=True, environment=environment) as running:
        yield running


def _way(cluster: Cluster, pair: tuple[str, str]) -> Proxy:
    """Between the two; there is one worker."""
    who, target = pair
    return cluster.proxies[cluster.workers[0] if who == WORKER else who, target]


@contextmanager
def _broken(proxy: Proxy, way: Way, delay: float = DELAY) -> Iterator[None]:
    """Broken meanwhile, and that met something: what was sent, or a connection."""
    before = proxy.struck
    proxy.turn(way, delay)
    try:
        yield
    finally:  # the tests after a failed one have the same cluster
        proxy.turn(Way.OPEN)
    assert proxy.struck > before, f"{way} met nothing"


def _set_to_work(teacher: OneTeacher) -> None:
    """Its generation is under way."""
    teacher.insist(SOME)  # the way before is open again, and not everybody may know by now
    until_now(teacher.seen, lambda seen: seen >= 1, 60)


def _everything(teacher: OneTeacher, other: OneTeacher) -> list[Asked]:
    """What a teacher does with one generation, and the start of another."""
    return [
        (teacher.look, {200}),
        (lambda: teacher.post("pause-generation", SOME), {202, 409}),
        (lambda: teacher.post("resume-generation", SOME), {202, 400, 409}),
        (lambda: teacher.post("generate-questions", SOME), {202}),
        (lambda: other.post("generate-questions", FEW), {202}),
    ]


def _assert_one_generation(teacher: OneTeacher, questions: int) -> None:
    """However often it was asked for: one, with exactly its questions, each paid once."""
    workflow_id = teacher.insist(questions)
    until_now(teacher.resumed, lambda status: status == "completed", 120)
    assert teacher.generations() == [workflow_id]
    assert teacher.slots() == list(range(questions))
    assert teacher.paid_twice() == []


@pytest.mark.parametrize("pair", OF_THE_WORKER, ids=" to ".join)
def test_a_broken_way_costs_time_and_nothing_else(cluster: Cluster, pair: tuple[str, str]) -> None:
    """Exactly the questions asked for. What is paid twice was on its way to or from the model when that way broke."""
    teacher = OneTeacher(cluster)
    teacher.generate(QUESTIONS)
    proxy = _way(cluster, pair)
    for way in BROKEN:
        assert teacher.sees_another() < QUESTIONS, f"too late for {way}"
        with _broken(proxy, way):
            time.sleep(SECONDS)
    until_now(teacher.seen, lambda now: now == QUESTIONS, 90)
    teacher.until("completed")
    assert teacher.slots() == list(range(QUESTIONS))
    in_flight = WINDOW * len(BROKEN) if pair == (WORKER, DEMO_MODEL) else 0
    assert len(teacher.paid_twice()) <= in_flight


@pytest.mark.parametrize("pair", OF_THE_API, ids=" to ".join)
def test_a_broken_way_of_the_api_is_told_and_nothing_else(cluster: Cluster, pair: tuple[str, str]) -> None:
    """Every request meanwhile is answered in time, as ever or with when to come again.

    Status, pause, resume and starts; whatever of them arrived, each start is one generation with its questions.
    """
    teachers, others = [OneTeacher(cluster) for _ in BROKEN], [OneTeacher(cluster) for _ in BROKEN]
    for way, teacher, other in zip(BROKEN, teachers, others, strict=True):
        _set_to_work(teacher)
        with asking(*_everything(teacher, other)) as answers, _broken(_way(cluster, pair), way):
            time.sleep(SECONDS)
        assert answers[503] or way is not Way.REFUSING, "nobody noticed"
    for one, questions in [*((one, SOME) for one in teachers), *((one, FEW) for one in others)]:
        _assert_one_generation(one, questions)


@pytest.mark.parametrize("pair", OF_THE_API, ids=" to ".join)
def test_a_silence_longer_than_every_time_out_of_the_api(cluster: Cluster, pair: tuple[str, str]) -> None:
    """Told all the while, and over with it: the API serves again by itself, and each start is one generation."""
    teacher, other = OneTeacher(cluster), OneTeacher(cluster)
    _set_to_work(teacher)
    with asking(*_everything(teacher, other)) as answers, _broken(_way(cluster, pair), Way.SILENT):
        time.sleep(LONG)
    assert answers[503] > 1
    _assert_one_generation(teacher, SOME)
    _assert_one_generation(other, FEW)


@pytest.mark.parametrize("way", BROKEN, ids=lambda way: way.value)
def test_a_start_whose_answer_never_reached_its_client_is_repeated(cluster: Cluster, way: Way) -> None:
    """With its Idempotency-Key, it is answered with the generation that is there, and there is no other.

    The 202 was lost on its way; or the connection was reset with it; or the request came late, after its client had
    gone, before the repeated one or beside it.
    """
    teacher = OneTeacher(cluster)
    with Proxy(cluster.api_url.removeprefix("http://")) as between, ThreadPoolExecutor(1) as pool:
        teacher.client.base_url = httpx2.URL(f"http://{between.address}")
        until_now(lambda: is_served(teacher.client.get("/healthz"), 200))
        with _broken(between, Way.ONE_WAY if way is Way.REFUSING else way, LATE):
            if way in (Way.ONE_WAY, Way.REFUSING):
                lost = pool.submit(teacher.post, "generate-questions", FEW)
                until_now(teacher.generations, lambda rows: len(rows) == 1)
            else:
                teacher.client.timeout = httpx2.Timeout(DELAY / 2)
                lost = pool.submit(teacher.post, "generate-questions", FEW)
                assert isinstance(lost.exception(30), httpx2.TimeoutException)
                assert teacher.generations() == []
                teacher.client.timeout = httpx2.Timeout(10)
            if way is Way.SLOW:
                until_now(teacher.generations, lambda rows: len(rows) == 1)
            if way is Way.REFUSING:
                between.turn(way)
                with pytest.raises(httpx2.ConnectError):
                    teacher.post("generate-questions", FEW)
        assert isinstance(lost.exception(30), httpx2.HTTPError)
        _assert_one_generation(teacher, FEW)


def _stored(cluster: Cluster, teacher: OneTeacher) -> set[Step]:
    """Steps of a generation whose answers are in PostgreSQL."""
    with psycopg.connect(cluster.database_url) as connection:
        query = "SELECT slot, step, attempt FROM model_call WHERE workflow_id = %s"
        return {(teacher.workflow_id, *row) for row in connection.execute(query, [teacher.workflow_id])}


async def test_a_worker_that_loses_only_temporal_is_replaced(make_cluster: Callable[..., Cluster]) -> None:
    """It goes on calling the model and storing answers, and can tell nobody, for longer than its heartbeat time-out.

    The other worker takes its steps over, and finds their answers stored. When the way is open again, what the lost one
    has to tell and what it was given meanwhile come too late: nothing that is stored is called again.
    """
    environment = {"WORKFLOW_WINDOW": "4", "WORKFLOW_MIRROR_DELAY": "0.2"}
    cluster = make_cluster(workers=2, latency="1-1.5", proxied=True, environment=environment)
    client = await connect(cluster.settings())
    lost, other = (cluster.processes[name] for name in cluster.workers)
    other.end()  # so that the calls are the lost one's
    teacher = OneTeacher(cluster)
    handle = client.get_workflow_handle(teacher.generate(QUESTIONS))
    until_now(teacher.seen, lambda seen: seen >= 1, 60)
    way, before = cluster.proxies[lost.name, TEMPORAL], datetime.now(UTC)
    way.turn(Way.SILENT)
    silent = datetime.now(UTC)
    other.held = False

    def in_flight() -> set[Step]:
        """Called before the silence and answered in it."""
        return {line.step for line in teacher.lines() if line.began < before and line.time > silent and line.paid}

    async def taken_over() -> set[Step]:
        """Of those, the ones that somebody else has completed."""
        completed = completed_steps(await handle.fetch_history())
        return {step for step in in_flight() if step in completed and completed[step].try_ > 1}

    await until(taken_over, seconds=180)  # 20 s, and as much again when Temporal gave the lost one all of them anew
    stored = _stored(cluster, teacher)
    assert in_flight() <= stored and teacher.paid_twice() == []
    called = Counter(line.step for line in teacher.lines())
    way.turn(Way.OPEN)

    until_now(teacher.seen, lambda seen: seen == QUESTIONS, 120)
    teacher.until("completed")
    assert teacher.generations() == [teacher.workflow_id]
    assert teacher.slots() == list(range(QUESTIONS))
    again = Counter(line.step for line in teacher.lines())
    assert {step: again[step] for step in stored} == {step: called[step] for step in stored}
    assert lost.starts == 1 and lost.lives
