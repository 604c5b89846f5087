"""Takes out of a history what tells of the machine that made it and means nothing to a replay."""

from typing import Any

NOBODY = "recorder"


def scrubbed(value: Any) -> Any:
    """The same without identities (process and host), names of sticky queues and stack traces (paths)."""
    if isinstance(value, list):
        return [scrubbed(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: scrubbed(item) for name, item in value.items() if name != "stackTrace"}
    if "identity" in kept:
        kept["identity"] = NOBODY
    if kept.get("kind") == "TASK_QUEUE_KIND_STICKY":
        kept["name"] = NOBODY
    return kept
