"""The settings of the Proxmox cluster: where it answers, how often it is read and judged."""

import re
import ssl
from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from settings.forms import CommaList, bare, bracketed, split_url

_TOKEN_ID = re.compile(r"^[^@!=\s]+@[^@!=\s]+![^@!=\s]+$")
_FINGERPRINT = re.compile(r"^[0-9A-F]{64}$")


class ClusterSettings(BaseSettings):
    """How the API is reached, the rhythm of its readings, and when a storage is too full."""

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

    @field_validator("proxmox_endpoints")
    @classmethod
    def _https_only(cls, value: list[str]) -> list[str]:
        urls = []
        for text in value:
            parts = split_url(text)
            if parts.scheme != "https" or not parts.hostname:
                raise ValueError(f"'{bare(text)}' is no https address; write https://host:8006")
            if parts.path not in ("", "/") or parts.query or parts.username:
                raise ValueError(
                    f"'{bare(text)}' has more than host and port; write https://host:8006"
                )
            urls.append(f"https://{bracketed(parts.hostname)}:{parts.port or 8006}")
        return urls

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

    @field_validator("proxmox_token_secret")
    @classmethod
    def _secret_alone(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and "=" in value.get_secret_value():
            raise ValueError(
                "holds more than the token's secret; what precedes the = belongs in "
                "PROXMOX_TOKEN_ID"
            )
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
        if value is None:
            return value
        try:
            there = value.is_file()  # raises where a folder above it may not be entered
            if there:
                ssl.create_default_context(cafile=value)
        except (ssl.SSLError, ValueError):
            raise ValueError(
                f"'{value}' holds no certificate; copy it from /etc/pve/pve-root-ca.pem"
            ) from None
        except OSError as error:
            raise ValueError(
                f"'{value}' cannot be read ({error.strerror}); let this user read it"
            ) from None
        if not there:
            raise ValueError(f"there is no file '{value}'; copy it from /etc/pve/pve-root-ca.pem")
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
