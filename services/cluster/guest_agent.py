"""Why a virtual machine's agent tells nothing: Proxmox's own words, and what can be done."""

import re

from services.cluster.errors import NodeFailed
from services.cluster.places import GuestPlace

_SILENT = re.compile(r"guest agent is not running|qga (?:command|socket).*time(?:d )?out", re.I)


class AgentMissing(NodeFailed):
    """The machine's configuration has no agent."""

    def __init__(self, failure: NodeFailed, guest: GuestPlace) -> None:
        super().__init__(failure.asked, guest.node, failure.status, failure.text)
        self.because = (
            f"{guest.label} has no guest agent configured, and only that sees into a virtual "
            "machine"
        )
        self.remedy = (
            f"Install qemu-guest-agent in it, switch it on with `qm set {guest.vmid} --agent 1` "
            f"on {guest.node}, then stop and start it once"
        )


class AgentSilent(NodeFailed):
    """The agent is configured, and does not answer."""

    def __init__(self, failure: NodeFailed, guest: GuestPlace) -> None:
        super().__init__(failure.asked, guest.node, failure.status, failure.text)
        self.because = f"The guest agent of {guest.label} is configured and does not answer"
        self.remedy = (
            "See that qemu-guest-agent is installed and runs in it; one that was switched on "
            "since its last start wants a stop and a start"
        )


def agent_failure(failure: NodeFailed, guest: GuestPlace) -> AgentMissing | AgentSilent | None:
    """What a refusal says of the agent; None where it says something else."""
    if "No QEMU guest agent configured" in failure.text:
        return AgentMissing(failure, guest)
    return AgentSilent(failure, guest) if _SILENT.search(failure.text) else None
