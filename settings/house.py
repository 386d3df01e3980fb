"""The settings of the house itself: its page, its people, its log, what it keeps and spares."""

import ipaddress
from pathlib import Path
from typing import Literal

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from settings.forms import CommaInts, CommaList, bare, split_url

SHORTEST_HASH = 16
"""Bytes of an argon2 hash; those of `jarvis hash-password` have 32."""
LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
"""The names of this machine as the page may be asked for them."""


class HouseSettings(BaseSettings):
    """Where the page listens, who may sign in, what is kept and what nobody may touch."""

    jarvis_host: str = Field("127.0.0.1", description="Address the page listens on.")
    jarvis_port: int = Field(8080, ge=1, le=65535, description="Port the page listens on.")
    jarvis_data_dir: Path = Field(
        Path("data"), description="Folder of the database; created when missing."
    )
    jarvis_public_origins: CommaList = Field(
        default_factory=list,
        description="Origins a reverse proxy serves the page under, such as "
        "https://jarvis.example; sockets and forms from any other are refused.",
    )
    jarvis_trusted_proxies: CommaList = Field(
        default_factory=list,
        description="Addresses of reverse proxies whose X-Forwarded-For and "
        "X-Forwarded-Proto are believed.",
    )
    jarvis_log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line that is written."
    )
    jarvis_log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto writes for a reader on a terminal and JSON elsewhere."
    )
    jarvis_owner: str = Field(
        "owner", min_length=1, max_length=64, description="Name of the first account."
    )
    jarvis_password_hash: SecretStr | None = Field(
        None,
        description="argon2 hash of the owner's password (`jarvis hash-password`); without it "
        "the first visitor sets one up on the page.",
    )
    jarvis_session_lifetime_h: int = Field(
        336, ge=1, le=8760, description="Hours after which an unused session ends."
    )
    jarvis_protected_vmids: CommaInts = Field(
        default_factory=list,
        description="Guests nobody may act on through Jarvis, above all the one it runs in; "
        "guests tagged jarvis-protected count as well.",
    )
    jarvis_vmid: int | None = Field(
        None,
        ge=100,
        description="Guest Jarvis lives in; it, its node's power and its Docker daemon are safe "
        "from every action.",
    )
    jarvis_override_hash: SecretStr | None = Field(
        None,
        description="argon2 hash of the override's passkey (`jarvis hash-password`); without it "
        "one is set on the account's page.",
    )

    event_retention_days: int = Field(
        365,
        ge=1,
        le=3650,
        description="Days an event, and a decision of the router, stay in the database.",
    )
    snapshot_retention_days: int = Field(
        30, ge=1, le=3650, description="Days a snapshot stays in the database."
    )
    slow_query_ms: float = Field(
        50.0, gt=0, description="Milliseconds above which a query is logged."
    )

    jarvis_loopback_only: bool = Field(
        False, description="Refuse to dial any address but this machine's own; the demo sets it."
    )

    @field_validator("jarvis_public_origins")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        for text in value:
            parts = split_url(text)
            whole = parts.scheme in ("http", "https") and parts.hostname and not parts.username
            if not whole or parts.path or parts.query:
                raise ValueError(f"'{bare(text)}' is no origin; write https://jarvis.example")
        return value

    @field_validator("jarvis_trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for text in value:
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError:
                raise ValueError(
                    f"'{text}' is no address; write 192.0.2.7 or 192.0.2.0/24"
                ) from None
        return value

    @field_validator("jarvis_password_hash", "jarvis_override_hash")
    @classmethod
    def _argon2(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return value
        try:
            found = extract_parameters(value.get_secret_value())
        except InvalidHashError:
            raise ValueError(
                "is no argon2 hash; make one with `jarvis hash-password`, and quote its $ signs"
            ) from None
        # What lost its end still reads as a hash, and no password would ever fit it.
        if found.hash_len < SHORTEST_HASH or found.hash_len % 4:
            raise ValueError("is an argon2 hash that was cut short; copy the whole line")
        return value
