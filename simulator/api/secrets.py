"""The secrets of one simulated cluster, made once per directory so that a restart keeps them."""

import json
import os
import secrets
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

FULL_TOKEN = "jarvis@pve!jarvis"  # noqa: S105 - a token's name, not its secret
READ_TOKEN = "auditor@pve!ro"  # noqa: S105


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """Token secrets by full token id, passwords by user, and the key that signs tickets."""

    tokens: dict[str, str]
    passwords: dict[str, str]
    ticket_key: str
    control_key: str


def load_secrets(folder: Path) -> Secrets:
    """Read the secrets of that directory, or make them (file mode 0600)."""
    path = folder / "secrets.json"
    if path.exists():
        return Secrets(**json.loads(path.read_text()))
    made = Secrets(
        tokens={FULL_TOKEN: str(uuid.uuid4()), READ_TOKEN: str(uuid.uuid4())},
        passwords={
            user: secrets.token_urlsafe(12) for user in ("root@pam", "jarvis@pve", "auditor@pve")
        },
        ticket_key=secrets.token_hex(32),
        control_key=secrets.token_urlsafe(24),
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(made), file, indent=1)
    return made
