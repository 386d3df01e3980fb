"""Trusting and forgetting a host key from a shell, while Jarvis does not run."""

import asyncio
from dataclasses import dataclass

from services.nodes.config import Address, NodesConfig
from services.nodes.dial import Dial, dial, read_key
from services.nodes.door import Asked
from services.nodes.errors import HostKeyChanged, HostKeyNotShown, HostKeyUnknown
from services.nodes.hostkeys import HostKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """What came of it."""

    fingerprint: str
    is_new: bool
    """Whether it was not trusted before."""


async def trust_host(
    config: NodesConfig, node: str, address: Address, fingerprint: str, *, keys: HostKeys, by: str
) -> Trusted:
    """Have the node show its key, and trust it where it is that very one.

    Raises NodesError: HostKeyNotShown for another one, HostKeyChanged where another is trusted, or
    what kept the node from showing any.
    """
    try:
        connection = await dial(
            Dial(
                asked=Asked(node=node, address=address, user=config.user),
                key=await asyncio.to_thread(read_key, config.key_file),
                judge=lambda key: keys.judge(node, address, key),
                wanted_algorithms=keys.wanted_algorithms(node, address),
                loopback_only=config.loopback_only,
            ),
            lambda error: None,
        )
    except (HostKeyUnknown, HostKeyChanged):
        is_new = await keys.trust(node, fingerprint, by=by)
        return Trusted(fingerprint=fingerprint, is_new=is_new)
    connection.close()
    shown = keys.shown(node)
    if shown is None or shown.fingerprint != fingerprint:
        raise HostKeyNotShown(node, fingerprint, shown.fingerprint if shown else None)
    return Trusted(fingerprint=fingerprint, is_new=False)
