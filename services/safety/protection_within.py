"""Whether a command that is run within a guest or a container acts on what is outside of it.

What runs within is taken to stay within: the guest is what it acts upon. That ends where it says
itself that it speaks to another machine.
"""

import re
from collections.abc import Sequence
from typing import Final

_LEAVES: Final = re.compile(
    r"(?<![\w.-])(?:ssh|scp|sftp|sshpass|autossh|mosh|rsync|telnet|nc|ncat|netcat|socat|lftp|pdsh"
    r"|clush|ansible[\w-]*|salt[\w-]*|fabric|pvesh|kubectl|virsh|ipmitool|wakeonlan|etherwake"
    r"|redfishtool|nsenter|expect|mosquitto_pub)(?![\w-])|/dev/(?:tcp|udp)/|/docker\.sock|DOCKER_HOST"
    r"|(?<![\w-])(?:docker|podman)\s+(?:-H|-c|--host|--context)(?![\w-])",
)
"""Programs that act on other machines, and the ways to another daemon."""
_ASKS: Final = re.compile(r"(?<![\w.-])(?:curl|wget|https?|xhs?|aria2c|httpie)(?![\w.:-])")
_SENDS: Final = re.compile(
    r"(?<!\S)(?:-[A-Za-z]*[XdFTK]|--(?:request|data|form|upload|json|config|post|method|body|input)"
    r"|(?:POST|PUT|PATCH|DELETE)(?!\S))"
)
"""What makes a request more than a question."""


def leaves(words: Sequence[str]) -> bool:
    """Whether these words, run within, name a way to act on another machine."""
    text = " ".join(words)
    if _LEAVES.search(text):
        return True
    return _ASKS.search(text) is not None and _SENDS.search(text) is not None
