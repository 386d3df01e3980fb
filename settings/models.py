"""The settings of the language models: who answers, and what it may cost."""

import re
from decimal import Decimal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

_MODEL = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$")
MODELS_PREFIXES = ("CLAUDE_MODEL_", "LLAMA_SERVER_", "BUDGET_")
"""What a name begins with that is meant for one of these; ANTHROPIC_ has names of others too."""
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


class ModelsSettings(BaseSettings):
    """Who answers, and what may be spent on it."""

    anthropic_api_key: SecretStr | None = Field(
        None, description="Key of the Anthropic API; without it Claude is never asked."
    )
    anthropic_base_url: str = Field(
        "https://api.anthropic.com", description="Address of the Anthropic API."
    )
    claude_model_routine: str = Field(
        "claude-haiku-5-5", description="Model that looks things up and answers every day."
    )
    claude_model_hard: str = Field(
        "claude-sonnet-5-5", description="Model that is asked where there is more to think about."
    )
    claude_model_escalation: str = Field(
        "claude-opus-5-5", description="Model that is asked when a person wants the best there is."
    )
    llama_server_url: str | None = Field(
        None,
        description="Address of a llama-server, such as http://192.0.2.20:9931; without it there "
        "is no local model.",
    )
    llama_server_key: SecretStr | None = Field(
        None, description="Key of the llama-server, if it was started with one."
    )
    jarvis_address: str = Field(
        "sir",
        max_length=40,
        description="How Jarvis addresses you in a conversation; - for not at all.",
    )
    budget_day_usd: Decimal = Field(
        Decimal(2),
        ge=0,
        description="Most that Claude may cost from midnight to midnight UTC; 0 asks it never.",
    )
    budget_month_usd: Decimal = Field(
        Decimal(20), ge=0, description="Most that Claude may cost in a calendar month, in UTC."
    )
    budget_tell_usd: Decimal = Field(
        Decimal("0.10"),
        ge=0,
        description="What a long answer may cost without a word beforehand; 0 tells of every one.",
    )

    @field_validator("claude_model_routine", "claude_model_hard", "claude_model_escalation")
    @classmethod
    def _model_name(cls, value: str) -> str:
        if not _MODEL.match(value):
            raise ValueError(f"'{value}' is no name of a model; write claude-haiku-5-5")
        return value

    @field_validator("jarvis_address")
    @classmethod
    def _unaddressed(cls, value: str) -> str:
        return "" if value.strip() == "-" else value.strip()

    @field_validator("anthropic_base_url")
    @classmethod
    def _kept_secret(cls, value: str) -> str:
        scheme, host = _address(value)
        if scheme != "https" and host not in _HERE:
            raise ValueError("must begin with https://, since the key is sent to it")
        return value.rstrip("/")

    @field_validator("llama_server_url")
    @classmethod
    def _web_server(cls, value: str | None) -> str | None:
        if value is None:
            return value
        _address(value)
        return value.rstrip("/")


def _address(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 -- reading it is what checks it
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no address of a server; write http://192.0.2.20:9931")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("has more than host, port and path; write http://192.0.2.20:9931")
    return parts.scheme, parts.hostname
