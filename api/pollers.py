"""Which workers would be given work: those that ask for it, and whose version is let at it."""

from datetime import datetime

from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.enums.v1 import WorkerVersioningMode
from temporalio.api.taskqueue.v1 import PollerInfo
from temporalio.api.workflowservice.v1 import DescribeTaskQueueResponse

# Deployment and build; both empty for workers without a version.
Version = tuple[str, str]


def given_work(described: DescribeTaskQueueResponse, since: datetime) -> set[str]:
    """The workers that asked for work since then and are of a version that gets it: the current or the ramping one."""
    routing = described.versioning_info
    served = {_of(routing.current_deployment_version)}
    if routing.ramping_version_percentage > 0:
        served.add(_of(routing.ramping_deployment_version))
    asking = [one for one in described.pollers if one.last_access_time.ToDatetime(since.tzinfo) > since]
    return {one.identity for one in asking if _version(one) in served}


def _version(poller: PollerInfo) -> Version:
    options = poller.deployment_options
    if options.worker_versioning_mode != WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED:
        return "", ""  # a build id without versioning is a label
    return options.deployment_name, options.build_id


def _of(version: WorkerDeploymentVersion) -> Version:
    return version.deployment_name, version.build_id
