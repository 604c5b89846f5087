"""The search attributes that workflows carry, and their registration on a server that does not have them."""

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain.statuses import Status
from workflows.messages import OWNER_ATTRIBUTE, QUIZ_ATTRIBUTE, STATUS_ATTRIBUTE, GenerationOptions

NAMES = (QUIZ_ATTRIBUTE, OWNER_ATTRIBUTE, STATUS_ATTRIBUTE)


def attributes_of(options: GenerationOptions) -> TypedSearchAttributes:
    """The attributes with which a generation starts."""
    values = {
        QUIZ_ATTRIBUTE: options.quiz_id,
        OWNER_ATTRIBUTE: options.owner_id,
        STATUS_ATTRIBUTE: Status.RUNNING.value,
    }
    return TypedSearchAttributes(
        [SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in values.items()]
    )


async def register(client: Client) -> list[str]:
    """Add what is missing in the client's namespace; returns the names added."""
    operator = client.operator_service
    known = await operator.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    missing = [name for name in NAMES if name not in known.custom_attributes]
    if missing:
        await operator.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes=dict.fromkeys(missing, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD),
            )
        )
    return missing
