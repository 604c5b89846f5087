"""A program of its own: has the Temporal SDK download the CLI. Arguments: version, folder.

The SDK downloads only when it starts a server, so one is started, in memory, and stopped.
"""

import asyncio
import sys


async def _download(version: str, folder: str) -> None:
    from temporalio.testing import WorkflowEnvironment  # noqa: PLC0415  # slow, and this is the only use

    environment = await WorkflowEnvironment.start_local(dev_server_download_version=version, download_dest_dir=folder)
    await environment.shutdown()


if __name__ == "__main__":
    try:
        asyncio.run(_download(sys.argv[1], sys.argv[2]))
    except RuntimeError as error:
        sys.exit(f"{error}")
