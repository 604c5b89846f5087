"""The search attributes that workflows carry, and their registration on a server that does not have them."""

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client

from workflows.messages import OWNER_ATTRIBUTE, QUIZ_ATTRIBUTE, STATUS_ATTRIBUTE

NAMES = (QUIZ_ATTRIBUTE, OWNER_ATTRIBUTE, STATUS_ATTRIBUTE)


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
