"""`mcq generate`, started again after it was killed or interrupted."""

import signal

from tests.e2e.mcq import Mcq

# Slow enough that a busy machine still interrupts in the middle.
LATENCY, WINDOW = "1", ("--window", "2")


def test_a_killed_command_continues_the_same_generation(mcq: Mcq) -> None:
    """SIGKILL to `mcq generate`, then the same command: the same workflow, every question once, nothing new started."""
    mcq.environment["DEMO_MODEL_LATENCY"] = LATENCY
    first = mcq.generate(20, *WINDOW)
    mcq.until_questions(3)
    first.kill()
    first.communicate()
    second = mcq.finish(mcq.generate(20, *WINDOW))
    assert second.code == 0, second.err
    assert [question["slot"] for question in mcq.questions()] == list(range(20))
    listed = mcq.run("list", "--json").json
    assert [(one["workflow_id"], one["status"]) for one in listed] == [(second.json["workflow_id"], "completed")]


def test_ctrl_c_leaves_the_generation_paused_when_told_so(mcq: Mcq) -> None:
    """With `--on-interrupt paused` no call is made after the command ended; the same command resumes it."""
    mcq.environment["DEMO_MODEL_LATENCY"] = LATENCY
    command = mcq.generate(20, *WINDOW, "--on-interrupt", "paused")
    mcq.until_questions(3)
    command.send_signal(signal.SIGINT)
    interrupted = mcq.finish(command)
    assert interrupted.code == 130, interrupted.err
    assert interrupted.json["status"] == "paused"
    calls = len(mcq.ledger())
    status = mcq.run("status", "--json").json
    assert (status["status"], len(mcq.ledger())) == ("paused", calls)
    again = mcq.finish(mcq.generate(20, *WINDOW, "--on-interrupt", "paused"))
    assert (again.code, again.json["completed"]) == (0, 20), again.err
    assert again.json["workflow_id"] == interrupted.json["workflow_id"]


def test_ctrl_c_leaves_the_generation_running_by_default(mcq: Mcq) -> None:
    """The command ends at once with 130; worker and servers go on in the background until `mcq stop`."""
    mcq.environment["DEMO_MODEL_LATENCY"] = LATENCY
    command = mcq.generate(20, *WINDOW)
    mcq.until_questions(3)
    command.send_signal(signal.SIGINT)
    interrupted = mcq.finish(command)
    assert interrupted.code == 130, interrupted.err
    assert interrupted.json["status"] == "running"
    assert mcq.run("status", "--json").json["status"] in ("running", "completed")
    assert mcq.part("worker"), "a look at the status stopped what goes on in the background"
    again = mcq.finish(mcq.generate(20, *WINDOW))
    assert (again.code, again.json["completed"]) == (0, 20), again.err
    assert again.json["workflow_id"] == interrupted.json["workflow_id"]


def test_two_commands_at_once_share_one_generation(mcq: Mcq) -> None:
    """The same files and options from two terminals are one piece of work, written once."""
    mcq.environment["DEMO_MODEL_LATENCY"] = "0.2"
    commands = [mcq.generate(12, "--out", f"{name}.json") for name in ("one", "two")]
    ended = [mcq.finish(command) for command in commands]
    assert [one.code for one in ended] == [0, 0], [one.err for one in ended]
    assert len({one.json["workflow_id"] for one in ended}) == 1
    answered = [line for line in mcq.ledger() if line["outcome"] == "answered"]
    assert len(answered) == ended[0].json["calls"]
