"""A program of its own: has the Temporal SDK download the CLI. Arguments: version, folder.

The SDK downloads only when it starts a server, so one is started, in memory, and stopped.
"""

import asyncio
import os
import sys
import threading


async def _download(version: str, folder: str) -> None:
    from temporalio.testing import WorkflowEnvironment  # noqa: PLC0415  # slow, and this is the only use

    environment = await WorkflowEnvironment.start_local(dev_server_download_version=version, download_dest_dir=folder)
    await environment.shutdown()


def _end_with_parent() -> None:
    sys.stdin.read()  # a pipe that the parent holds open and never writes to
    os._exit(1)


def main() -> None:
    """Download, and exit with 0 if that worked; the reason is on standard error otherwise."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    status = 0
    try:
        asyncio.run(_download(sys.argv[1], sys.argv[2]))
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        status = 1
    # Without the interpreter's own end, in which the SDK's threads and ours may crash it.
    os._exit(status)


if __name__ == "__main__":
    main()
