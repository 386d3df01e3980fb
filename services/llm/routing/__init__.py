"""The router: who answers a message, with which means, and because of what; pure and explained.

The rest of the house needs `route`, `settle`, the values they take, an `InventoryShelf`, and
`warm_up` once at the start.
"""

from services.llm.routing.decide import route
from services.llm.routing.directives import strip_mention
from services.llm.routing.inventory import EMPTY_INVENTORY, Inventory, InventoryShelf
from services.llm.routing.learned import warm_up
from services.llm.routing.settle import needs_settling, settle
from services.llm.routing.values import Budget, Conversation, Evidence, Kind, Picked, Route

__all__ = [
    "EMPTY_INVENTORY",
    "Budget",
    "Conversation",
    "Evidence",
    "Inventory",
    "InventoryShelf",
    "Kind",
    "Picked",
    "Route",
    "needs_settling",
    "route",
    "settle",
    "strip_mention",
    "warm_up",
]
