"""Every answer of the simulator, held against Proxmox's schema and against real recordings."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.house import eventually
from tests.support.pve_recordings import json_type, kind_of, place, recorded_shape, rows_of
from tests.support.pve_schema import Schema, find_method, schema_is_here, validate
from tests.support.simulated import Simulated, simulate

pytestmark = pytest.mark.skipif(not schema_is_here(), reason="no recorded schema beside us")

CLUSTER_WIDE = (
    "/version",
    "/access/permissions",
    "/cluster/status",
    "/cluster/resources",
    "/cluster/tasks",
    "/cluster/log",
    "/cluster/backup",
    "/cluster/ha/status/current",
    "/cluster/nextid",
    "/cluster/replication",
    "/cluster/config",
    "/cluster/config/nodes",
    "/cluster/config/qdevice",
    "/cluster/config/totem",
    "/cluster/ha/resources",
    "/cluster/options",
    "/nodes",
    "/storage",
)
OF_A_NODE = (
    "status",
    "version",
    "rrddata?timeframe=hour",
    "rrddata?timeframe=week&cf=MAX",
    "tasks",
    "services",
    "services/pveproxy/state",
    "storage",
    "apt/update",
    "apt/versions",
    "config",
    "subscription",
    "disks/list",
    "disks/zfs",
    "network",
    "dns",
    "hosts",
    "syslog",
    "journal",
    "certificates/info",
    "replication",
    "qemu",
    "lxc",
)
OF_A_STORAGE = ("status", "content", "rrddata?timeframe=hour")
OF_A_GUEST = ("status/current", "config", "rrddata?timeframe=hour", "snapshot")
OF_AN_AGENT = ("agent/get-fsinfo", "agent/network-get-interfaces")

# Sent by the one recorded virtual machine, which had a display by SPICE and a minimum of memory.
NOT_OURS = {"balloon_min", "shares", "spice"}
# Sent only where there is something to tell; the recordings are few and all have it.
ONLY_SOMETIMES = {"agent", "lock", "hastate", "tags", "pool"}
# Sent by Proxmox's own code, yet named neither in the schema of that release nor in a recording.
UNNAMED = {
    "/cluster/backup": (
        "all compress enabled exclude fleecing mode next-run notes-template prune-backups schedule"
        " storage type"
    ),
    "/cluster/config/nodes": "name nodeid quorum_votes ring0_addr",
    "/cluster/ha/resources": "state type",
    "/storage": "nodes pool server shared sparse",
    "/cluster/tasks": "endtime id node pid pstart saved starttime status tokenid type user",
    "/nodes/{node}/disks/list": "by_id_link rpm type wearout",
    "/nodes/{node}/disks/smart": "wearout",
    "/nodes/{node}/lxc": "pid pressurecpufull swap type",
    "/nodes/{node}/lxc/{vmid}/config": "parent",
    "/nodes/{node}/lxc/{vmid}/snapshot": "digest running",
    "/nodes/{node}/lxc/{vmid}/status/current": "pid pressurecpufull swap type",
    "/nodes/{node}/qemu": "disk",
    "/nodes/{node}/qemu/{vmid}/config": "meta parent",
    "/nodes/{node}/qemu/{vmid}/snapshot": "digest running",
    "/nodes/{node}/qemu/{vmid}/status/current": "disk",
    "/nodes/{node}/status": "idle ksm kversion swap uptime wait",
    "/nodes/{node}/storage/{storage}/content": "content subtype",
    "/nodes/{node}/tasks": "tokenid",
}


@pytest.fixture(scope="module", params=["8.4", "9.2"])
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Simulated]:
    folder: Path = tmp_path_factory.mktemp("simulator")
    with simulate(folder, request.param, seed=7) as simulated:
        yield simulated


@pytest.fixture(scope="module")
def answers(cluster: Simulated) -> dict[str, Any]:
    """Every path of the walk with the `data` it was answered with."""
    return {path: cluster.get(path) for path in walk(cluster)}


def walk(cluster: Simulated) -> Iterator[str]:
    """Every endpoint for every node, guest, storage, disk and task there is."""
    yield from CLUSTER_WIDE
    for row in cluster.get("/cluster/resources"):
        node = f"/nodes/{row.get('node')}"
        match row["type"]:
            case "node":
                yield from (f"{node}/{rest}" for rest in OF_A_NODE)
                for disk in cluster.get(f"{node}/disks/list"):
                    yield f"{node}/disks/smart?disk={disk['devpath']}"
                for task in cluster.get(f"{node}/tasks?source=all")[:5]:
                    yield f"{node}/tasks/{task['upid']}/status"
                    yield f"{node}/tasks/{task['upid']}/log"
            case "storage":
                storage = f"{node}/storage/{row['storage']}"
                yield from (f"{storage}/{rest}" for rest in OF_A_STORAGE)
                for volume in cluster.get(f"{storage}/content")[:2]:
                    yield f"{storage}/content/{quote(volume['volid'], safe='')}"
            case "qemu" | "lxc" as kind:
                guest = f"{node}/{kind}/{row['vmid']}"
                yield from (f"{guest}/{rest}" for rest in OF_A_GUEST)
                if kind == "lxc":
                    yield f"{guest}/interfaces"
                elif row["status"] == "running" and cluster.get(f"{guest}/config").get("agent"):
                    yield from (f"{guest}/{rest}" for rest in OF_AN_AGENT)


def test_every_answer_is_what_the_schema_says(cluster: Simulated, answers: dict[str, Any]) -> None:
    wrong = []
    for path, data in answers.items():
        method = find_method(cluster.release, "GET", path)
        assert method is not None, f"Proxmox {cluster.release} has no GET {path}"
        wrong += [f"GET {path} {violation}" for violation in validate(data, method.returns)]

    assert len(answers) > 200
    assert wrong == []


def test_every_value_has_the_type_a_real_server_sent(
    cluster: Simulated, answers: dict[str, Any]
) -> None:
    wrong = set()
    for path, data in answers.items():
        for row in rows_of(data):
            shape = recorded_shape(cluster.release, _placed(path), kind_of(row))
            for key, value in row.items():
                known = shape.kinds.get(key) if shape else None
                if known and json_type(value) not in known:
                    wrong.add(f"{_placed(path)} {key}: {json_type(value)}, recorded {known}")

    assert wrong == set()


def test_every_key_is_known_from_the_schema_or_a_recording(
    cluster: Simulated, answers: dict[str, Any]
) -> None:
    invented = set()
    for path, data in answers.items():
        method = find_method(cluster.release, "GET", path)
        assert method is not None
        named = _named_keys(method.returns)
        unnamed = UNNAMED.get(method.path, "").split()
        for row in rows_of(data):
            shape = recorded_shape(cluster.release, _placed(path), kind_of(row))
            recorded = set(shape.kinds) if shape else set()
            if named or recorded:
                invented |= {
                    f"{method.path} {key}"
                    for key in row.keys() - named - recorded
                    if key not in unnamed and re.sub(r"\d+$", "[n]", key) not in named
                }

    assert invented == set()


def test_no_key_is_missing_that_real_servers_always_send(
    cluster: Simulated, answers: dict[str, Any]
) -> None:
    missing = set()
    for path, data in answers.items():
        for row in rows_of(data):
            shape = recorded_shape(cluster.release, _placed(path), kind_of(row))
            if shape is None or "timeframe" in path:
                continue
            wanted = shape.always() - NOT_OURS - ONLY_SOMETIMES
            missing |= {f"{_placed(path)} {key}" for key in wanted - row.keys()}

    assert missing == set()


def _placed(path: str) -> str:
    return place(re.sub(r"\?.*", "", path))


def _named_keys(schema: Schema) -> set[str]:
    items: Schema = schema.get("items") or schema
    return set(items.get("properties") or ())


# In this order: each change is made to what the one before has left.
CHANGES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("POST", "/nodes/pve/qemu/104/agent/ping", {}),
    ("POST", "/nodes/pve/qemu/112/status/start", {}),
    ("POST", "/nodes/pve/qemu/112/status/suspend", {}),
    ("POST", "/nodes/pve/qemu/112/status/resume", {}),
    ("POST", "/nodes/pve/qemu/112/status/reset", {}),
    ("POST", "/nodes/pve/qemu/112/status/reboot", {}),
    ("POST", "/nodes/pve/qemu/112/status/stop", {}),
    ("POST", "/nodes/home/lxc/121/status/shutdown", {}),
    ("POST", "/nodes/home/lxc/121/status/start", {}),
    ("POST", "/nodes/home/lxc/121/snapshot", {"snapname": "before"}),
    ("POST", "/nodes/home/lxc/121/snapshot/before/rollback", {}),
    ("DELETE", "/nodes/home/lxc/121/snapshot/before", {}),
    ("PUT", "/nodes/home/lxc/121/config", {"description": "charts"}),
    ("PUT", "/nodes/pve/qemu/112/config", {"description": "games"}),
    ("POST", "/nodes/pve/qemu/112/config", {"onboot": "0"}),
    ("POST", "/nodes/home/vzdump", {"vmid": "102"}),
    ("POST", "/nodes/pve/qemu/112/migrate", {"target": "home"}),
    ("POST", "/nodes/agent/services/cron/restart", {}),
    ("POST", "/nodes/agent/apt/update", {}),
    ("POST", "/nodes/home/qemu/112/status/stop", {}),
    ("DELETE", "/nodes/home/qemu/112", {}),
    ("POST", "/nodes/agent1/status", {"command": "shutdown"}),
)


@pytest.fixture(params=["8.4", "9.2"])
def hasty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Simulated]:
    """A simulation whose hours are minutes, so that tasks end soon."""
    with simulate(tmp_path, request.param, seed=7, speed=60.0) as simulated:
        yield simulated


def test_every_change_is_answered_as_the_schema_says(hasty: Simulated) -> None:
    for verb, path, values in CHANGES:
        method = find_method(hasty.release, verb, path)
        assert method is not None, f"Proxmox {hasty.release} has no {verb} {path}"
        response = hasty.ask(verb, path, **values)
        assert response.status_code == 200, f"{verb} {path}: {response.text}"

        data = response.json()["data"]
        assert validate(data, method.returns) == [], f"{verb} {path} {data!r}"
        if isinstance(data, str) and data.startswith("UPID:"):
            task = f"/nodes/{path.split('/')[2]}/tasks/{data}"
            end = eventually(
                f"the end of {data}", lambda at=task: hasty.get(f"{at}/status").get("exitstatus")
            )
            assert end == "OK", f"{verb} {path}: {end}"
            assert hasty.get(f"{task}/log")

    eventually("agent1 off", lambda: hasty.ask("GET", "/nodes/agent1/status").status_code == 595)
    woken = hasty.ask("POST", "/nodes/agent1/wakeonlan").json()["data"]
    assert re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", woken)
    eventually("agent1 on", lambda: hasty.ask("GET", "/nodes/agent1/status").is_success)
