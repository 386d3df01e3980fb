"""Thinking blocks: empty, and signed over the model and everything that stood before them."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from .blocks import told_bare
from .errors import invalid
from .request import Request


class Signatures:
    """Signs thinking blocks, and refuses those that come back behind a changed prefix."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def make(self, request: Request) -> dict[str, Any]:
        """The block an answer to that request begins with."""
        return {
            "type": "thinking",
            "thinking": "",
            "signature": self._sign(request, request.messages, ()),
        }

    def check(self, request: Request) -> None:
        """Look at every thinking block that was sent back. Raises Refused."""
        for number, message in enumerate(request.messages):
            for place, block in enumerate(message["content"]):
                if block["type"] != "thinking":
                    continue
                before = message["content"][:place]
                wanted = self._sign(request, request.messages[:number], before)
                if not hmac.compare_digest(str(block.get("signature", "")), wanted):
                    where = f"messages.{number}.content.{place}"
                    raise invalid(f"{where}: Invalid `signature` in `thinking` block")

    def _sign(
        self,
        request: Request,
        messages: Sequence[Mapping[str, Any]],
        before: Sequence[Mapping[str, Any]],
    ) -> str:
        whole = [request.model.id, request.tools, request.system, messages, before]
        return hmac.new(self._key, told_bare(whole).encode(), hashlib.sha256).hexdigest()
