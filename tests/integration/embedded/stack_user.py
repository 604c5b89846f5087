"""A program that uses the stack, told what to do by lines on its standard input; answers with a line of JSON each."""

import json
import signal
import sys
import time

from embedded.errors import StackError
from embedded.stack import Stack
from tests.integration.embedded.helpers import settings_for, toy


def _say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Join, then obey."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs tests in the background has it ignored
    options = json.loads(sys.argv[1])
    settings = settings_for(
        options["home"], postgres=options.get("postgres", False), temporal=options.get("temporal", False)
    )
    parts = [toy(name, environment) for name, environment in options.get("toys", {}).items()]
    stack = Stack(settings, extra_parts=parts, report=lambda text: _say(report=text))
    began = time.perf_counter()
    try:
        addresses = stack.start()
    except StackError as error:
        _say(error=str(error))
        return
    except KeyboardInterrupt:
        _say(interrupted=True)
        return
    _say(
        ready={
            "database_url": addresses.database_url,
            "temporal_address": addresses.temporal_address,
            "parts": dict(addresses.parts),
            "seconds": time.perf_counter() - began,
        }
    )
    for line in sys.stdin:
        if line.strip() == "check":
            stack.raise_if_failed()
            _say(check=True)
        else:
            stack.close(leave_running=line.strip() == "leave")
            _say(**{line.strip(): True})
            return


if __name__ == "__main__":
    main()
