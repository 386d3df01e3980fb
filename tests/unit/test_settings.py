"""A wrong setting is told once, by its name, in one line, and a secret never is."""

import builtins
import errno
import os
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr

from settings import (
    Settings,
    SettingsError,
    load_for_command,
    load_settings,
    unknown_settings,
)

SECRET = "hunter2-and-more"
CHECKED = (
    *("JARVIS_", "PROXMOX_", "POLL_", "STORAGE_", "EVENT_", "SNAPSHOT_", "SLOW_"),
    *("ANTHROPIC_", "CLAUDE_", "LLAMA_", "BUDGET_"),
)

Given = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def bare_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` and no setting of this machine's reaches a test."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith(CHECKED):
            monkeypatch.delenv(name)


def give(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name.upper(), value)


def problems() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return caught.value.problems


def test_nothing_set_is_a_valid_start() -> None:
    settings = load_settings()

    assert settings.jarvis_port == 8080
    assert settings.proxmox_endpoints == []


def test_what_a_cluster_needs_is_told_by_name_when_it_is_missing() -> None:
    assert [line.partition(":")[0] for line in load_settings().missing_for_proxmox()] == [
        "PROXMOX_ENDPOINTS",
        "PROXMOX_TOKEN_ID",
        "PROXMOX_TOKEN_SECRET",
    ]


def test_nothing_is_missing_once_the_three_are_given(monkeypatch: Given) -> None:
    give(
        monkeypatch,
        proxmox_endpoints="https://192.0.2.11",
        proxmox_token_id="jarvis@pve!watch",
        proxmox_token_secret=SECRET,
    )

    settings = load_settings()

    assert settings.missing_for_proxmox() == []
    assert settings.proxmox_token_secret == SecretStr(SECRET)
    assert SECRET not in repr(settings)


def test_every_fault_is_told_at_once_each_in_a_line_of_its_own(monkeypatch: Given) -> None:
    give(
        monkeypatch,
        jarvis_port="eighty",
        jarvis_log_level="loud",
        jarvis_password_hash="hunter2",
        jarvis_protected_vmids="103,media",
        jarvis_loopback_only="perhaps",
        proxmox_endpoints="http://192.0.2.11",
        proxmox_ca_file="missing.pem",
        poll_critical_s="0.1",
        storage_warning_percent="97",
    )

    lines = problems()

    assert sorted(line.partition(":")[0] for line in lines) == [
        "JARVIS_LOG_LEVEL",
        "JARVIS_LOOPBACK_ONLY",
        "JARVIS_PASSWORD_HASH",
        "JARVIS_PORT",
        "JARVIS_PROTECTED_VMIDS",
        "POLL_CRITICAL_S",
        "PROXMOX_CA_FILE",
        "PROXMOX_ENDPOINTS",
        "STORAGE_CRITICAL_PERCENT",
    ]
    assert not [line for line in lines if "\n" in line or "Input" in line or "pydantic" in line]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("jarvis_port", "eighty", ["no whole number", "'eighty'"]),
        ("jarvis_port", "0", ["at least 1", "'0'"]),
        ("jarvis_port", "65536", ["at most 65535", "'65536'"]),
        ("jarvis_log_level", "loud", ["'debug'", "'error'", "'loud'"]),
        ("jarvis_log_format", "xml", ["'json'", "'xml'"]),
        ("jarvis_owner", "x" * 65, ["too long", "64"]),
        ("jarvis_protected_vmids", "103,media", ["no whole number", "'media'"]),
        ("jarvis_public_origins", "jarvis.example", ["'jarvis.example'", "https://jarvis.example"]),
        ("jarvis_public_origins", "https://a.example/x", ["'https://a.example/x'"]),
        ("proxmox_endpoints", "pve.example", ["'pve.example'", "https://host:8006"]),
        ("proxmox_endpoints", "https://a,http://b:8006", ["'http://b:8006'"]),
        ("proxmox_endpoints", "https://a:port", ["'https://a:port'"]),
        ("proxmox_endpoints", "https://a/api2", ["'https://a/api2'", "host and port"]),
        ("proxmox_token_id", "root", ["user@realm!name"]),
        ("proxmox_timeout_s", "soon", ["no number", "'soon'"]),
        ("proxmox_ca_file", "missing.pem", ["'missing.pem'", "/etc/pve/pve-root-ca.pem"]),
        ("proxmox_fingerprints", "pve=AA:BB", ["'pve=AA:BB'", "32 bytes"]),
        ("storage_critical_percent", "80", ["80", "STORAGE_WARNING_PERCENT", "85"]),
        ("event_retention_days", "0", ["at least 1", "'0'"]),
        ("slow_query_ms", "0", ["above 0", "'0'"]),
        ("budget_day_usd", "lots", ["no number", "'lots'"]),
        ("budget_month_usd", "NaN", ["no number", "'NaN'"]),
    ],
)
def test_a_wrong_value_is_told_with_what_was_met_and_what_is_wanted(
    name: str, value: str, told: list[str], monkeypatch: Given
) -> None:
    give(monkeypatch, **{name: value})

    (line,) = problems()

    assert line.startswith(f"{name.upper()}: ")
    assert not [fact for fact in told if fact not in line]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jarvis_password_hash", SECRET),
        ("proxmox_token_id", SECRET),
        ("proxmox_token_id", f"jarvis@pve!watch={SECRET}"),
        ("proxmox_token_secret", f"jarvis@pve!watch={SECRET}"),
        ("proxmox_endpoints", f"https://root:{SECRET}@192.0.2.11:8006"),
        ("proxmox_endpoints", f"http://root:{SECRET}@192.0.2.11:8006"),
        ("proxmox_endpoints", f"https://root:{SECRET}@192.0.2.11:port"),
        ("jarvis_public_origins", f"https://root:{SECRET}@jarvis.example"),
    ],
)
def test_a_secret_in_a_wrong_value_is_not_repeated(
    name: str, value: str, monkeypatch: Given
) -> None:
    give(monkeypatch, **{name: value})

    (line,) = problems()

    assert line.startswith(f"{name.upper()}: ")
    assert SECRET not in line


def test_no_setting_that_holds_a_secret_is_plain_text() -> None:
    for name, field in Settings.model_fields.items():
        if name.endswith("_file"):
            continue  # where a secret lies is none
        if any(word in name for word in ("secret", "hash", "password", "key")):
            assert "SecretStr" in repr(field.annotation), name


def test_an_empty_value_counts_as_not_set(monkeypatch: Given) -> None:
    give(monkeypatch, **dict.fromkeys(Settings.model_fields, ""))

    assert load_settings() == Settings.model_construct()


def test_lists_are_split_at_commas_and_addresses_completed(monkeypatch: Given) -> None:
    give(
        monkeypatch,
        proxmox_endpoints="https://PVE.example/, https://[2001:db8::1]:8007",
        jarvis_protected_vmids="103, 110",
        proxmox_fingerprints="PVE.example=" + ":".join(["ab"] * 32),
    )

    settings = load_settings()

    assert settings.proxmox_endpoints == ["https://pve.example:8006", "https://[2001:db8::1]:8007"]
    assert settings.jarvis_protected_vmids == [103, 110]
    assert settings.pins() == {"pve.example": "AB" * 32}


def test_the_environment_wins_over_the_file(monkeypatch: Given) -> None:
    Path(".env").write_text("JARVIS_PORT=9000\nJARVIS_OWNER=alex\n")
    give(monkeypatch, jarvis_port="9001")

    settings = load_settings()

    assert (settings.jarvis_port, settings.jarvis_owner) == (9001, "alex")


def test_an_argon2_hash_survives_the_file_in_single_quotes() -> None:
    written = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"
    Path(".env").write_text(f"JARVIS_PASSWORD_HASH='{written}'\n")

    settings = load_settings()

    assert settings.jarvis_password_hash == SecretStr(written)


def test_a_file_that_is_no_text_is_told(monkeypatch: Given) -> None:
    Path(".env").write_bytes(b"JARVIS_OWNER=\xff\xfe\n")

    (line,) = problems()

    assert line.startswith(".env: ")
    assert "UTF-8" in line


@pytest.mark.parametrize("cluster", [True, False])
def test_a_file_that_may_not_be_read_is_told(monkeypatch: Given, *, cluster: bool) -> None:
    Path(".env").write_text("JARVIS_PORT=9000\n")
    really = builtins.open

    def refuse(file: Any, *args: Any, **kwargs: Any) -> Any:
        if Path(file).name == ".env":
            raise PermissionError(errno.EACCES, "Permission denied", str(file))
        return really(file, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", refuse)  # root, who may read all, runs tests too

    with pytest.raises(SettingsError) as caught:
        load_for_command(cluster=cluster)

    (line,) = caught.value.problems
    assert line == ".env: cannot be read (Permission denied); let the user Jarvis runs as read it"


def test_a_slip_of_the_pen_is_told_with_the_nearest_name(monkeypatch: Given) -> None:
    Path(".env").write_text("PROXMOX_TOKEN_SECRTE=x\nUNRELATED=1\n")
    give(monkeypatch, jarvis_prot="9000", jarvis_port="9000")

    assert unknown_settings() == [
        "JARVIS_PROT: is no setting; JARVIS_PORT is one",
        "PROXMOX_TOKEN_SECRTE: is no setting; PROXMOX_TOKEN_SECRET is one",
    ]


def test_settings_cannot_be_changed_once_read() -> None:
    settings = load_settings()

    with pytest.raises(ValueError, match="frozen"):
        settings.jarvis_port = 9000


def test_a_trusted_proxy_must_be_an_address_or_a_network(monkeypatch: Given) -> None:
    give(monkeypatch, jarvis_trusted_proxies="192.0.2.7, 2001:db8::/32,proxy.example")

    (line,) = problems()

    assert line.startswith("JARVIS_TRUSTED_PROXIES: 'proxy.example'")
    assert "192.0.2" in line
    give(monkeypatch, jarvis_trusted_proxies="192.0.2.7, 192.0.2.9/24")
    assert load_settings().jarvis_trusted_proxies == ["192.0.2.7", "192.0.2.9/24"]


def test_a_ca_file_without_a_certificate_is_told_at_once(
    monkeypatch: Given, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "key.pem").write_bytes(b"-----BEGIN PRIVATE KEY-----\n\xff")

    for name in ("empty.pem", "key.pem"):
        give(monkeypatch, proxmox_ca_file=str(tmp_path / name))
        (line,) = problems()
        assert line.startswith("PROXMOX_CA_FILE: ")
        assert name in line
        assert "pve-root-ca.pem" in line


def test_a_ca_file_in_a_folder_that_may_not_be_entered_is_told(monkeypatch: Given) -> None:
    really = Path.is_file

    def refuse(path: Path) -> bool:
        if path.name == "pve-root-ca.pem":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(Path, "is_file", refuse)
    give(monkeypatch, proxmox_ca_file="/etc/pve/pve-root-ca.pem")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    (line,) = caught.value.problems
    assert line.startswith("PROXMOX_CA_FILE: '/etc/pve/pve-root-ca.pem' cannot be read")


def test_a_damaged_password_hash_is_told_before_anyone_is_locked_out(monkeypatch: Given) -> None:
    give(monkeypatch, jarvis_password_hash=f"$argon2id$v=19$m=65536$t=3,p=4${SECRET}")

    (line,) = problems()

    assert line.startswith("JARVIS_PASSWORD_HASH: ")
    assert "hash-password" in line
    assert SECRET not in line


@pytest.mark.parametrize("lost", [1, 20, 38])
def test_a_password_hash_that_lost_its_end_is_told_and_a_whole_one_is_taken(
    lost: int, monkeypatch: Given
) -> None:
    whole = PasswordHasher(time_cost=1, memory_cost=64).hash(SECRET)
    give(monkeypatch, jarvis_password_hash=whole)
    assert load_settings().jarvis_password_hash == SecretStr(whole)

    give(monkeypatch, jarvis_password_hash=whole[:-lost])
    (line,) = problems()

    assert line.startswith("JARVIS_PASSWORD_HASH: ")
    assert "cut short" in line
