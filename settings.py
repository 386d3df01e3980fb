"""Every setting of Jarvis: typed, read once from the environment and `.env`, checked all at once.

The same list stands in `.env.example` and in `docs/configuration.md`; a test holds the three
together.
"""

import ipaddress
import os
import re
import ssl
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from settings_models import MODELS_PREFIXES, ModelsSettings
from settings_nodes import NodesSettings

ENV_FILE = Path(".env")

LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_TOKEN_ID = re.compile(r"^[^@!=\s]+@[^@!=\s]+![^@!=\s]+$")
_FINGERPRINT = re.compile(r"^[0-9A-F]{64}$")


class SettingsError(Exception):
    """One or more settings are wrong; `problems` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def _listed(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


CommaList = Annotated[list[str], NoDecode]
CommaInts = Annotated[list[int], NoDecode]


class Settings(NodesSettings, ModelsSettings):
    """The settings; each field's name in upper case is its variable in the environment."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

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

    proxmox_endpoints: CommaList = Field(
        default_factory=list,
        description="Addresses of the Proxmox API, best first, such as "
        "https://192.0.2.11:8006; any node answers for all.",
    )
    proxmox_token_id: str | None = Field(
        None, description="API token as Proxmox shows it: user@realm!name."
    )
    proxmox_token_secret: SecretStr | None = Field(None, description="The token's secret.")
    proxmox_ca_file: Path | None = Field(
        None, description="Proxmox's own CA certificate (/etc/pve/pve-root-ca.pem of a node)."
    )
    proxmox_fingerprints: CommaList = Field(
        default_factory=list,
        description="Instead of a CA file: host=SHA-256 of its certificate, for each endpoint.",
    )
    proxmox_timeout_s: float = Field(
        10.0, ge=1, le=120, description="Seconds to wait for an answer of the API."
    )

    poll_critical_s: float = Field(
        12.0, ge=1, le=3600, description="Seconds between looks at nodes and quorum."
    )
    poll_important_s: float = Field(
        32.0, ge=1, le=3600, description="Seconds between looks at guests, storages and tasks."
    )
    poll_routine_s: float = Field(
        300.0, ge=5, le=86400, description="Seconds between looks at details of each node."
    )
    poll_background_s: float = Field(
        1800.0, ge=5, le=86400, description="Seconds between snapshots into the database."
    )
    storage_warning_percent: float = Field(
        85.0, gt=0, le=100, description="Use of a storage that wants attention."
    )
    storage_critical_percent: float = Field(
        95.0,
        gt=0,
        le=100,
        validate_default=True,
        description="Use of a storage that raises an alarm; above STORAGE_WARNING_PERCENT.",
    )
    event_retention_days: int = Field(
        365, ge=1, le=3650, description="Days an event stays in the database."
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

    @field_validator(
        "jarvis_public_origins",
        "jarvis_trusted_proxies",
        "jarvis_protected_vmids",
        "proxmox_endpoints",
        "proxmox_fingerprints",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return _listed(value)

    @field_validator("proxmox_endpoints")
    @classmethod
    def _https_only(cls, value: list[str]) -> list[str]:
        urls = []
        for text in value:
            parts = _split_url(text)
            if parts.scheme != "https" or not parts.hostname:
                raise ValueError(f"'{_bare(text)}' is no https address; write https://host:8006")
            if parts.path not in ("", "/") or parts.query or parts.username:
                raise ValueError(
                    f"'{_bare(text)}' has more than host and port; write https://host:8006"
                )
            urls.append(f"https://{_bracketed(parts.hostname)}:{parts.port or 8006}")
        return urls

    @field_validator("jarvis_public_origins")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        for text in value:
            parts = _split_url(text)
            whole = parts.scheme in ("http", "https") and parts.hostname and not parts.username
            if not whole or parts.path or parts.query:
                raise ValueError(f"'{_bare(text)}' is no origin; write https://jarvis.example")
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

    @field_validator("proxmox_token_id")
    @classmethod
    def _whole_token_id(cls, value: str | None) -> str | None:
        if value and "=" in value:
            raise ValueError(
                "holds more than the token's id; what follows the = belongs in PROXMOX_TOKEN_SECRET"
            )
        if value and not _TOKEN_ID.match(value):
            raise ValueError("is no token id, which has the form user@realm!name")
        return value

    @field_validator("proxmox_fingerprints")
    @classmethod
    def _sha256(cls, value: list[str]) -> list[str]:
        pairs = []
        for text in value:
            host, _, print_ = text.partition("=")
            digest = print_.replace(":", "").strip().upper()
            if not host.strip() or not _FINGERPRINT.match(digest):
                raise ValueError(
                    f"'{text}' is no pin; write host=AA:BB:… with the 32 bytes of its SHA-256"
                )
            pairs.append(f"{host.strip().lower()}={digest}")
        return pairs

    @field_validator("proxmox_ca_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"there is no file '{value}'; copy it from /etc/pve/pve-root-ca.pem")
        if value is not None:
            try:
                ssl.create_default_context(cafile=value)
            except (ssl.SSLError, ValueError):
                raise ValueError(
                    f"'{value}' holds no certificate; copy it from /etc/pve/pve-root-ca.pem"
                ) from None
            except OSError as error:
                raise ValueError(
                    f"'{value}' cannot be read ({error.strerror}); let this user read it"
                ) from None
        return value

    @field_validator("jarvis_password_hash", "jarvis_override_hash")
    @classmethod
    def _argon2(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return value
        try:
            extract_parameters(value.get_secret_value())
        except InvalidHashError:
            raise ValueError(
                "is no argon2 hash; make one with `jarvis hash-password`, and quote its $ signs"
            ) from None
        return value

    @field_validator("storage_critical_percent")
    @classmethod
    def _above_warning(cls, value: float, others: ValidationInfo) -> float:
        warning = others.data.get("storage_warning_percent")
        if warning is not None and value <= warning:
            raise ValueError(
                f"{value:g} must be above STORAGE_WARNING_PERCENT, which is {warning:g}"
            )
        return value

    def missing_for_proxmox(self) -> list[str]:
        """A line for each setting without which no cluster can be read."""
        wanted = {
            "PROXMOX_ENDPOINTS": (self.proxmox_endpoints, "https://your-node:8006"),
            "PROXMOX_TOKEN_ID": (self.proxmox_token_id, "user@realm!name"),
            "PROXMOX_TOKEN_SECRET": (self.proxmox_token_secret, "the token's secret"),
        }
        return [
            f"{name}: is missing; set it to {example}"
            for name, (value, example) in wanted.items()
            if not value
        ]

    def pins(self) -> dict[str, str]:
        """Host to SHA-256 of its certificate, in upper-case hex without colons."""
        return dict(pair.split("=", 1) for pair in self.proxmox_fingerprints)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _split_url(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 -- reading it is what checks it
    except ValueError:
        raise ValueError(f"'{_bare(text)}' is no address; write https://host:8006") from None
    return parts


def _bare(url: str) -> str:
    """The address as it may be shown: a name and password in it are left out."""
    before, at, after = url.rpartition("@")
    return f"{before.partition('//')[0]}//…@{after}" if at else url


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and `.env`; an empty value counts as not set.

    Raises SettingsError with one line for every wrong value, each naming its variable; the value
    of a secret is in none of them.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError([_problem(fault) for fault in error.errors()]) from None
    except UnicodeDecodeError as error:
        raise SettingsError(
            [f"{ENV_FILE}: is no UTF-8 text (byte {error.start}); save it as UTF-8"]
        ) from None


def unknown_settings() -> list[str]:
    """A line for each name in the environment or `.env` that looks like a setting and is none.

    They change nothing, so they are worth a warning: most are slips of the pen.
    """
    known = {name.upper() for name in Settings.model_fields}
    prefixes = ("JARVIS_", "PROXMOX_", "POLL_", "WOL_", "TEMPERATURE_", *MODELS_PREFIXES)
    given = {name.upper() for name in (*os.environ, *dotenv_values(ENV_FILE))}
    lines = []
    for name in sorted(given - known):
        if name.startswith(prefixes):
            near = get_close_matches(name, known, n=1)
            hint = f"; {near[0]} is one" if near else "; docs/configuration.md lists them all"
            lines.append(f"{name}: is no setting{hint}")
    return lines


_WANTED = {
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "float_parsing": "is no number",
    "bool_parsing": "is neither true nor false",
    "literal_error": "must be one of {expected}",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_short": "is too short; at least {min_length} characters",
    "string_too_long": "is too long; at most {max_length} characters",
}
"""What we say instead of pydantic's own words; {…} is filled from the error's context."""


def _problem(fault: Any) -> str:
    """One line: the variable, what is wrong with it, and the value met unless it is secret."""
    field = str(fault["loc"][0])
    name = field.upper()
    own_words = fault["type"] == "value_error"
    if own_words:
        return f"{name}: {fault['msg'].removeprefix('Value error, ')}"
    text = _WANTED.get(fault["type"], fault["msg"]).format(**fault.get("ctx", {}))
    annotation = repr(Settings.model_fields[field].annotation)
    return f"{name}: {text}" + ("" if "Secret" in annotation else f" (met {fault['input']!r})")
