"""Both doubles together: their ports, their keys, their faults, and what they were asked."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from .claude.app import ClaudeDouble
from .faults import OFF
from .llama.app import LlamaDouble
from .pace import PACES, Pace
from .port import Port
from .record import Records
from .trouble import CLAUDE, LOCAL, Trouble

CONTEXT: Final = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmOptions:
    """What the command line can set."""

    speed: str = "realistic"
    """One of PACES."""
    context: int = CONTEXT
    """Tokens that the local model's window holds."""
    load_s: float = 0.0
    """How long the local model is loaded at the start."""
    port: int = 0
    """Claude's port, the local model's is the next; 0 lets the system choose."""


class Doubles:
    """Starts and stops them, and follows their faults."""

    def __init__(self, options: LlmOptions, secret: str) -> None:
        """:param secret: what their keys are made of; the same one gives the same keys."""
        self.options = options
        self.speed = options.speed
        self.trouble = Trouble()
        self.records = Records()
        self.claude_key = f"sk-ant-api03-simulated-{_derive(secret, CLAUDE)}"
        self.llama_key = f"sk-local-simulated-{_derive(secret, LOCAL)}"
        self.claude = ClaudeDouble(self.claude_key, self.trouble, self.records, self._pace)
        self.llama = LlamaDouble(
            self.llama_key,
            self.trouble,
            self.records,
            self._pace,
            context=options.context,
            load_s=options.load_s,
        )
        self._ports: dict[str, Port] = {}

    @property
    def claude_url(self) -> str:
        """Where the Anthropic double listens."""
        return self._ports[CLAUDE].url

    @property
    def llama_url(self) -> str:
        """Where the llama-server double listens."""
        return self._ports[LOCAL].url

    async def start(self) -> None:
        """Open both ports."""
        first = self.options.port
        self._ports = {CLAUDE: Port(first), LOCAL: Port(first and first + 1)}
        await self.follow()

    async def follow(self) -> None:
        """Bring the ports in line with the faults."""
        for name, port in self._ports.items():
            if self.trouble.has(name, OFF[name]):
                await port.close()
            elif not port.is_open:
                if name == LOCAL:
                    self.llama.load()
                await port.open((self.claude if name == CLAUDE else self.llama).app())

    async def stop(self) -> None:
        """Close both ports."""
        for port in self._ports.values():
            await port.close()

    def _pace(self) -> Pace:
        return PACES[self.speed]


def _derive(secret: str, name: str) -> str:
    return hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()[:40]
