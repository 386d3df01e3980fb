"""Where the nodes are: told by the cluster, kept while they are away, and by the settings first."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.cluster.model import ClusterSnapshot
from services.cluster.observe import Policy, observe_status
from services.cluster.parse_cluster import parse_cluster_status
from services.nodes.config import Address, nodes_config
from settings import Settings, SettingsError, load_settings
from tests.support.clusters import NOON

CLUSTER = {"type": "cluster", "name": "homelab", "quorate": 1, "nodes": 2}


def row(name: str, **more: object) -> dict[str, object]:
    return {"type": "node", "name": name, "online": 1, **more}


def observed(held: ClusterSnapshot, *rows: dict[str, object], after_s: float) -> ClusterSnapshot:
    at = NOON + timedelta(seconds=after_s)
    reading = parse_cluster_status([CLUSTER, *rows], at)
    return observe_status(held, reading, at, policy=Policy())


def test_the_cluster_tells_where_its_nodes_are() -> None:
    empty = ClusterSnapshot(taken_at=NOON)

    first = observed(empty, row("pve", ip="192.0.2.11"), row("home", ip="2001:db8::2"), after_s=0)
    assert first.addresses == {"pve": "192.0.2.11", "home": "2001:db8::2"}

    same = observed(first, row("pve", ip="192.0.2.11"), row("home"), after_s=10)
    assert same.addresses is first.addresses, "what is not told anew stays, and is the same object"

    moved = observed(same, row("pve", ip="192.0.2.99"), row("home"), after_s=20)
    assert moved.addresses == {"pve": "192.0.2.99", "home": "2001:db8::2"}


@pytest.mark.parametrize("told", ["", "pve.example", "192.0.2", 7, None, [], "192.0.2.1; reboot"])
def test_what_is_no_address_is_none(told: object) -> None:
    reading = parse_cluster_status([CLUSTER, row("pve", ip=told)], NOON)

    assert reading.addresses == {}


def test_the_settings_become_what_the_nodes_room_needs() -> None:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        ssh_key_file=Path("/etc/jarvis/id_ed25519"),
        ssh_nodes="pve=192.0.2.11, home=[2001:db8::2]:2222,far=2001:db8::3",  # type: ignore[arg-type]
        wol_macs="pve=AA-BB-CC-DD-EE-01",  # type: ignore[arg-type]
        wol_broadcast="192.0.2.255:7",
        temperature_warning_c=85,
    )

    config = nodes_config(settings)

    assert config.addresses == {
        "pve": Address(host="192.0.2.11", port=22),
        "home": Address(host="2001:db8::2", port=2222),
        "far": Address(host="2001:db8::3", port=22),
    }
    assert config.macs == {"pve": "aa:bb:cc:dd:ee:01"}
    assert config.broadcast == Address(host="192.0.2.255", port=7)
    assert (config.temperature_warning_c, config.user, config.watching) == (85, "root", True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ssh_nodes", "pve"),
        ("ssh_nodes", "pve="),
        ("ssh_nodes", "pve=root@host"),
        ("ssh_nodes", "pve=host:0"),
        ("ssh_nodes", "-x=host"),
        ("wol_macs", "pve=aa:bb"),
        ("wol_broadcast", "somewhere else"),
        ("wol_url", "ftp://192.0.2.5/"),
        ("temperature_warning_c", "20"),
        ("jarvis_docker_vmid", "none"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name.upper(), value)

    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert [line.partition(":")[0] for line in raised.value.problems] == [name.upper()]
