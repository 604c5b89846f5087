"""`mcq`: the commands and their options. What they do is in `commands/`, imported late so that `--help` is fast."""

import errno
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from commands.exit_codes import Exit
from domain.statuses import Status
from leaving import run_and_leave
from settings import MissingSetting, Settings

app = typer.Typer(
    help="Writes multiple-choice questions from course content, durably: killed at any point, it goes on.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold settings, and settings hold keys
    rich_markup_mode=None,
)

LONGEST_LANGUAGE = 60
WorkflowId = Annotated[str | None, typer.Argument(help="The generation's workflow id; the newest when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, for scripts.")]


@app.command()
def generate(
    files: Annotated[list[Path], typer.Argument(help="Course content: Markdown, text or HTML, up to 10 MB.")],
    questions: Annotated[int, typer.Option("--questions", "-n", min=1, max=1000, help="How many to write.")] = 25,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the questions go, as they land.")] = Path(
        "questions.json"
    ),
    model: Annotated[str | None, typer.Option(help="The model; else OPENAI_MODEL.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0, max=2, help="The provider's default if left out.")] = None,
    language: Annotated[str, typer.Option(help="The language of the questions.")] = "English",
    title: Annotated[str | None, typer.Option(help="The quiz's title; else the first document's.")] = None,
    window: Annotated[int | None, typer.Option(min=1, max=64, help="Questions written at once; else 8.")] = None,
    on_interrupt: Annotated[
        str, typer.Option(help="What Ctrl-C leaves: `running` goes on in the background, `paused` waits for you.")
    ] = "running",
    new: Annotated[bool, typer.Option("--new", help="Start anew instead of continuing the same request.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write questions from files. Run again after any interruption, it continues where it was."""
    from commands.generate import GenerateOptions, OnInterrupt
    from commands.generate import generate as run

    if on_interrupt not in list(OnInterrupt):
        raise typer.BadParameter("choose running or paused", param_hint="--on-interrupt")
    if len(language) > LONGEST_LANGUAGE:
        raise typer.BadParameter(f"at most {LONGEST_LANGUAGE} characters", param_hint="--language")
    options = GenerateOptions(
        files=files,
        questions=questions,
        out=out,
        model=model,
        temperature=temperature,
        language=language,
        title=title,
        window=window,
        on_interrupt=OnInterrupt(on_interrupt),
        new=new,
        as_json=as_json,
    )
    _finish(run(_settings(), options, _console()))


@app.command()
def status(workflow_id: WorkflowId = None, as_json: AsJson = False) -> None:
    """Where a generation stands."""
    _finish(_manager(as_json).status(workflow_id))


@app.command(name="list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20, as_json: AsJson = False
) -> None:
    """The newest generations."""
    _finish(_manager(as_json).list(limit))


@app.command()
def pause(workflow_id: WorkflowId = None, as_json: AsJson = False) -> None:
    """Ask the model for nothing new; what is in flight is kept."""
    from service.generations import GenerationService

    _finish(_manager(as_json).act(GenerationService.pause, workflow_id, Status.PAUSED))


@app.command()
def resume(workflow_id: WorkflowId = None, as_json: AsJson = False) -> None:
    """Go on after a pause, a failure or a cancellation; every finished question is kept."""
    from service.generations import GenerationService

    _finish(_manager(as_json).act(GenerationService.ensure_running, workflow_id, Status.RUNNING))


@app.command()
def cancel(workflow_id: WorkflowId = None, as_json: AsJson = False) -> None:
    """End a generation; its finished questions are kept."""
    from service.generations import GenerationService

    _finish(_manager(as_json).act(GenerationService.cancel, workflow_id, Status.CANCELLED))


@app.command()
def questions(
    workflow_id: WorkflowId = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the questions file here.")] = None,
    as_json: AsJson = False,
) -> None:
    """The finished questions of a generation."""
    _finish(_manager(as_json).questions(workflow_id, out))


@app.command()
def dev() -> None:
    """The whole stack in the foreground: PostgreSQL, Temporal with its Web UI, demo model, worker."""
    from commands.processes import dev as run

    _finish(run(_settings(), _console()))


@app.command()
def stop() -> None:
    """Stop a stack that was left running in the background."""
    from commands.processes import stop as run

    _finish(run(_settings(), _console()))


@app.command()
def worker() -> None:
    """One Temporal worker; needs DATABASE_URL and a Temporal server."""
    from commands.processes import worker as run

    _settings()  # an error in them is told in our words
    _finish(run())


@app.command()
def api(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(help="0.0.0.0 serves other machines too.")] = "127.0.0.1",
    processes: Annotated[int, typer.Option(min=1, max=64, help="Server processes that share the port.")] = 1,
) -> None:
    """The HTTP API; needs DATABASE_URL, API_SECRET_KEY and a Temporal server."""
    from commands.processes import api as run

    _settings()  # an error in them is told in our words
    _finish(run(host, port, processes, lambda url: print(f"API at {url}", flush=True)))


@app.command()
def token() -> None:
    """A bearer token of the embedded stack's local account, for the API of `mcq dev`."""
    from commands.processes import token as run

    _finish(run(_settings(), _out()))


@app.command(name="demo-model")
def demo_model(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8089,
    host: Annotated[str, typer.Option(help="Leave it on this machine: it asks for no key.")] = "127.0.0.1",
) -> None:
    """The offline, rule-based, OpenAI-compatible demo model."""
    from commands.processes import demo_model as run

    _finish(run(_settings(), host, port, lambda url: print(f"demo model at {url}", flush=True)))


@app.command(name="codec-server")
def codec_server(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8090,
    host: Annotated[str, typer.Option(help="0.0.0.0 serves other machines too; put TLS in front of it.")] = "127.0.0.1",
) -> None:
    """Shows encrypted payloads in Temporal's Web UI and command; needs PAYLOAD_KEYS and CODEC_SERVER_TOKEN."""
    from commands.processes import codec_server as run

    _finish(run(_settings(), host, port, lambda url: print(f"codec server at {url}", flush=True)))


@app.command()
def migrate() -> None:
    """Bring the database's schema and Temporal's search attributes up to date."""
    from commands.processes import migrate as run

    _finish(run(_settings(), _console()))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """What is here, what is missing, and how to get it. Changes nothing."""
    from commands.doctor import doctor as run

    _finish(run(_settings(), _out(), as_json=as_json))


def main() -> NoReturn:
    """The process `mcq`."""
    run_and_leave(run)


def run() -> None:
    """Run a command; expected errors are one line on stderr and an exit code, not a traceback."""
    try:
        app()
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        print(f"mcq: {_words(error)}", file=sys.stderr)
        sys.exit(code)


def _words(error: Exception) -> str:
    """What to tell."""
    from sqlalchemy.exc import DBAPIError

    from commands.database_words import words_of

    if isinstance(error, DBAPIError):
        return words_of(error)
    if _is_of_a_taken_port(error) and "choose another" not in str(error):
        return f"{error}; choose another one with --port"
    return str(error)


def _is_of_a_taken_port(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EADDRINUSE


def _code_of(error: Exception) -> Exit | None:
    """The exit code of an expected error; None for a bug."""
    from sqlalchemy.exc import DBAPIError

    from commands.questions_file import NotAQuestionsFile
    from domain.documents.errors import ContentError
    from embedded.errors import StackError
    from payloads.codec import UnreadablePayload
    from service.errors import ServiceError, TemporalUnavailable

    away = StackError | TemporalUnavailable | DBAPIError | ConnectionError
    if isinstance(error, away) or _is_of_a_taken_port(error):
        return Exit.UNAVAILABLE
    if isinstance(
        error, ContentError | NotAQuestionsFile | ServiceError | MissingSetting | UnreadablePayload | OSError
    ):
        return Exit.USAGE
    return None


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            print(f"mcq: {'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}", file=sys.stderr)
        sys.exit(Exit.USAGE)


def _console() -> Console:
    """People read stderr; stdout is for results. Where no terminal wraps lines, none is wrapped."""
    console = Console(stderr=True)
    return console if console.is_terminal else Console(stderr=True, width=10_000)


def _out() -> Console:
    """Results on stdout. Where no terminal wraps lines, none is cut or wrapped."""
    console = Console()
    return console if console.is_terminal else Console(width=10_000)


def _manager(as_json: bool) -> Any:
    from commands.manage import Manager

    return Manager(_settings(), _out(), as_json=as_json)


def _finish(code: Exit) -> None:
    raise typer.Exit(code)


if __name__ == "__main__":
    main()
