"""Content into chunks, and the plan of a generation's slots, as an activity."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.heartbeat import heartbeating
from storage.model_calls import ModelCallStore
from storage.quizzes import QuizStore
from workflows.messages import PrepareContentInput, PreparedContent
from writing.content import NoContent, prepare


class ContentActivities:
    """`prepare_content`."""

    def __init__(self, quizzes: QuizStore, calls: ModelCallStore) -> None:
        self._quizzes = quizzes
        self._calls = calls

    @activity.defn(name="prepare_content")
    @heartbeating
    async def prepare_content(self, request: PrepareContentInput) -> PreparedContent:
        """Split the quiz's documents once, plan its slots, and tell what an earlier run has finished."""
        try:
            return await prepare(self._quizzes, self._calls, activity.info().workflow_id or "", request)
        except NoContent as error:
            raise ApplicationError(str(error), type="NoContent", non_retryable=True) from None
