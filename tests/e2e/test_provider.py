"""What a user of the command line sees of a provider in trouble."""

from tests.e2e.mcq import Mcq


def test_a_rejected_key_pauses_and_the_same_command_goes_on(mcq: Mcq) -> None:
    """Exit code 4 with the reason and what to do; once it is mended, the same command continues the generation."""
    mcq.environment["DEMO_MODEL_FAULTS"] = "unauthorized=1"
    refused = mcq.finish(mcq.generate(6))
    assert refused.code == 4, refused.err
    assert refused.json["status"] == "paused"
    assert "OPENAI_API_KEY" in refused.json["error"]
    assert len(mcq.ledger()) <= 8, "a refusal is not to be repeated"

    mcq.environment["DEMO_MODEL_FAULTS"] = ""
    mended = mcq.finish(mcq.generate(6))
    assert (mended.code, mended.json["completed"]) == (0, 6), mended.err
    assert mended.json["workflow_id"] == refused.json["workflow_id"]


def test_a_provider_that_fails_half_the_time_costs_only_time(mcq: Mcq) -> None:
    """Rate limits, server errors, broken connections, malformed and flawed answers: still exactly the questions."""
    mcq.environment["DEMO_MODEL_FAULTS"] = (
        "seed=11,retry_after=1,server_error=0.1,rate_limit_seconds=0.1,drop=0.1,malformed=0.1,flawed=0.1"
    )
    finished = mcq.finish(mcq.generate(15))
    assert finished.code == 0, finished.err
    assert [question["slot"] for question in mcq.questions()] == list(range(15))
    outcomes = {line["outcome"] for line in mcq.ledger()}
    assert len(outcomes) > 2, f"the plan of faults did not bite: {outcomes}"
