"""The Temporal worker process: what it runs, how it drains, how it dies."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.metadata import version
from typing import Any

from langgraph.graph import StateGraph
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.langgraph import LangGraphPlugin
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxRestrictions

from activities.content import ContentActivities
from activities.hand_back import among_workers
from activities.heartbeat import INTERVAL as HEARTBEAT_INTERVAL
from activities.mirror import MirrorActivities
from activities.questions import QuestionActivities
from metrics import generations
from metrics.endpoint import MetricsEndpoint
from metrics.sdk import SdkMetrics
from model.client import ModelClient
from settings import Settings
from storage.engine import create_engine
from storage.model_calls import ModelCallStore
from storage.quizzes import QuizStore
from storage.workflow_states import WorkflowStateStore
from telemetry import configure_logging
from temporal_client import connect
from temporal_logs import ActivityLogs, core_logs, quiet_sdk_logs
from temporal_queries import ForgettingRunner
from workflows.messages import QUESTION_GRAPH, WORKFLOW_TYPE
from workflows.question_graph import build_question_graph
from workflows.quiz_generation import QuizGenerationWorkflow, check
from workflows.slim_nodes import SlimNodes
from writing.crash_points import arm

WORKFLOWS = [QuizGenerationWorkflow]
# Pure computation, safe and fast outside the sandbox's import machinery.
PASSED_THROUGH = (
    "domain",
    "rapidfuzz",
    "workflows.messages",
    "workflows.question_graph",
    "langgraph",
    "langchain_core",
)
# Without one the SDK reads the code of every loaded module to make one up. WORKER_BUILD_ID goes before it.
BUILD_ID = version("mcq")
# Model calls at once in one worker; they wait, so the number is about connections and memory, not CPU.
MAX_CONCURRENT_ACTIVITIES = 100
# Seconds that a step of the workflow itself waits for the worker that has the generation in memory, before any other
# may take it and replay its history: what a death that nobody saw costs its generations on top of the heartbeat
# time-out. The SDK's 10 would be half of that again; a worker that is merely busy answers within one to four.
STICKY_TIMEOUT = 5

# Below MCQ_HOME: a locked file for each worker, by which those that share it see each other die.
WORKERS_FOLDER = "workers"


def build_worker(client: Client, settings: Settings, identity: str | None = None) -> Worker:
    """A worker with everything it needs, ready to run. Temporal knows it by `identity`; the client's when left out."""
    engine = create_engine(settings.require_database_url(), pool_size=20)
    calls, quizzes = ModelCallStore(engine), QuizStore(engine)
    model = ModelClient(
        api_key=settings.model_api_key,
        base_url=settings.openai_base_url,
        timeout=settings.openai_timeout,
        prices=settings.prices,
    )
    questions = QuestionActivities(calls, quizzes, model, outage_patience=settings.workflow_outage_patience)
    graph = build_question_graph(questions.draft, questions.revise, check)
    options = workflow_options(graph)
    options["interceptors"].append(ActivityLogs())
    worker = Worker(
        client,
        task_queue=settings.task_queue,
        identity=identity,
        activities=[
            ContentActivities(quizzes, calls).prepare_content,
            MirrorActivities(WorkflowStateStore(engine)).mirror_progress,
        ],
        **options,
        **version_options(settings),
        max_cached_workflows=settings.worker_max_cached_workflows,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=STICKY_TIMEOUT),
        max_concurrent_activities=MAX_CONCURRENT_ACTIVITIES,
        max_concurrent_workflow_tasks=settings.worker_max_concurrent_workflow_tasks,
        # The SDK holds beats back to 80 % of the time-out by default: one late beat would end a healthy call, and a
        # cancel would take 24 s to reach the model.
        max_heartbeat_throttle_interval=timedelta(seconds=HEARTBEAT_INTERVAL),
        # Fixed numbers of pollers starve bursts; scaling them raised throughput by a quarter to a half.
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=timedelta(seconds=settings.worker_drain_timeout),
    )
    options["workflow_runner"].memory.worker = worker
    return worker


def version_options(settings: Settings) -> dict[str, Any]:
    """As what the worker registers: a label that routes nothing, or a version of the deployment that is set."""
    build_id = settings.worker_build_id or BUILD_ID
    if settings.worker_deployment_name is None:
        return {"build_id": build_id}
    return {
        "deployment_config": WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(settings.worker_deployment_name, build_id),
            use_worker_versioning=True,
            # Paused generations may outlive many releases: pinned, each would keep its old workers alive (decision
            # 0020). Said here and not at the workflow, so that without the option nothing of it reaches the server.
            default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
        )
    }


def workflow_options(graph: StateGraph[Any, Any, Any, Any]) -> dict[str, Any]:
    """What a worker and a replayer share: under other conditions a replayed history would prove nothing."""
    return {
        "workflows": WORKFLOWS,
        "plugins": [LangGraphPlugin(graphs={QUESTION_GRAPH: graph})],
        "interceptors": [SlimNodes()],
        "workflow_runner": ForgettingRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
        ),
    }


async def run_worker(client: Client, settings: Settings, *, taking_work: threading.Event | None = None) -> None:
    """Run until SIGTERM or SIGINT, then drain: take nothing new, let model calls end. Raises when the worker dies.

    `taking_work` is set in between.
    """
    taking_work = taking_work or threading.Event()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with among_workers(client, settings.task_queue, settings.mcq_home / WORKERS_FOLDER) as identity:
        worker = build_worker(client, settings, identity)
        running = asyncio.create_task(worker.run())
        stopping = asyncio.create_task(stop.wait())
        taking_work.set()
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        taking_work.clear()
        if running.done():
            running.result()  # raises what killed it
            raise RuntimeError("the worker stopped by itself")
        await worker.shutdown()
        await running


@contextlib.asynccontextmanager
async def serving_metrics(address: str | None, taking_work: threading.Event) -> AsyncIterator[Runtime]:
    """The SDK's runtime to connect with; its metrics and ours are served at `address`, until the drain is over."""
    if address is None:
        yield Runtime(telemetry=TelemetryConfig(logging=core_logs()))
        return
    generations.announce(WORKFLOW_TYPE)
    with MetricsEndpoint(address, taking_work.is_set):
        sdk = SdkMetrics(core_logs())
        pump = asyncio.create_task(sdk.pump())
        try:
            yield sdk.runtime
        finally:
            pump.cancel()


def main() -> None:
    """The process: exits 0 after a drain, non-zero when the worker dies or cannot start."""
    settings = Settings()
    configure_logging(settings.log_level)
    quiet_sdk_logs()
    taking_work = threading.Event()

    async def run() -> None:
        arm(settings.crash_folder)
        async with serving_metrics(settings.worker_metrics_address, taking_work) as runtime:
            await run_worker(await connect(settings, runtime=runtime), settings, taking_work=taking_work)

    asyncio.run(run())


if __name__ == "__main__":
    from leaving import run_and_leave

    run_and_leave(main)
