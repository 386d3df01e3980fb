"""All families together."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.safety.commands.containers import CONTAINERS
from services.safety.commands.files import FILES
from services.safety.commands.network import NETWORK
from services.safety.commands.packages import PACKAGES
from services.safety.commands.proxmox import PROXMOX
from services.safety.commands.services import SERVICES
from services.safety.commands.storage import STORAGE
from services.safety.commands.system import SYSTEM
from services.safety.commands.text import TEXT
from services.safety.specs import Spec

FAMILIES: Final = (
    FILES, TEXT, SYSTEM, NETWORK, STORAGE, PROXMOX, SERVICES, CONTAINERS, PACKAGES,
)  # fmt: skip

COMMANDS: Final[Mapping[str, Spec]] = MappingProxyType(
    {name: one for family in FAMILIES for name, one in family.items()}
)
"""What is on the list, by the name of the command."""
