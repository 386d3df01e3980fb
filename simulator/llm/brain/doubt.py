"""Whether a message is about the cluster: what a router asks a local model for."""

from simulator.llm.talk import Talk


def needs_tools(talk: Talk) -> bool:
    """Whether the message asked about needs the cluster to be read."""
    return True
