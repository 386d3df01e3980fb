"""The registry: every tool there should be, told whole, bounded, and offered to the right ones."""

import inspect
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from services.safety.actors import ActorKind
from services.safety.tiers import Tier
from services.safety.touches import TouchKind
from services.tools.document import BEGIN, END, document
from services.tools.errors import ToolError
from services.tools.registry import FOR_PERSONS, REGISTRY, offered_tools
from services.tools.schema import schema_of
from services.tools.spec import Tool, nothing_touched
from tests.support.clusters import make_guest, make_node, make_snapshot, make_storage

ROOT = Path(__file__).parents[2]

GREEN = """get_cluster_status get_cluster_resources list_nodes get_node_status list_guests
get_guest_status get_guest_config list_storage get_storage_content list_snapshots list_backups
guests_without_backup list_tasks get_task_log get_node_services get_service_status get_temperatures
get_disk_health get_zfs_health get_updates get_network get_ha_status get_replication
get_metrics_history get_recent_events search_events read_journal list_containers get_container_logs
ping_host check_port resolve_name run_readonly_command get_guest_addresses""".split()  # noqa: SIM905
YELLOW = """start_guest resume_guest create_snapshot start_container restart_container wake_node
refresh_apt_cache acknowledge_event""".split()  # noqa: SIM905
BY_CALL = ["start_backup", "restart_service", "run_command"]
RED = """stop_guest shutdown_guest reboot_guest reset_guest suspend_guest migrate_guest
rollback_snapshot delete_snapshot set_guest_resources stop_service stop_container reboot_node
shutdown_node upgrade_packages open_terminal trust_host_key""".split()  # noqa: SIM905
BLACK = ["destroy_guest", "delete_backup", "wipe_disk", "delete_node_from_cluster"]

HOMELAB = make_snapshot(
    nodes=[make_node("pve"), make_node("home")],
    guests=[make_guest(104, name="media"), make_guest(101, name="adguard", node="home")],
    storages=[make_storage("backup", shared=True, content=("backup",))],
)

EXAMPLES: dict[str, dict[str, Any]] = {
    "guest": {"guest": "media"},
    "node": {"node": "pve"},
    "get_storage_content": {"storage": "backup"},
    "get_task_log": {"upid": "UPID:pve:00002AF8:00AB12CD:69208F00:qmstart:104:root@pam:"},
    "get_service_status": {"node": "pve", "service": "pveproxy"},
    "restart_service": {"node": "pve", "service": "pveproxy"},
    "stop_service": {"node": "pve", "service": "corosync"},
    "get_metrics_history": {"kind": "guest", "name": "media"},
    "search_events": {"text": "media"},
    "get_container_logs": {"container": "web"},
    "start_container": {"container": "web", "host": "media"},
    "restart_container": {"container": "web"},
    "stop_container": {"container": "web", "host": "pve"},
    "ping_host": {"host": "router.lan"},
    "check_port": {"host": "192.0.2.1", "port": 443},
    "resolve_name": {"name": "router.lan"},
    "run_readonly_command": {"node": "pve", "command": "uptime"},
    "run_command": {"node": "pve", "command": "qm stop 104"},
    "acknowledge_event": {"event": 7},
    "migrate_guest": {"guest": "media", "target": "home"},
    "create_snapshot": {"guest": "media", "snapshot": "before"},
    "rollback_snapshot": {"guest": "media", "snapshot": "before"},
    "delete_snapshot": {"guest": "media", "snapshot": "before"},
    "set_guest_resources": {"guest": "media", "cores": 4},
    "trust_host_key": {"node": "pve", "fingerprint": "SHA256:" + "a" * 43},
    "destroy_guest": {"guest": "media", "name": "media"},
    "delete_backup": {"volid": "backup:backup/vzdump-qemu-104-2026_11_20-02_00_00.vma.zst"},
    "wipe_disk": {"node": "pve", "device": "/dev/sdb", "serial": "S1"},
}


def example_of(tool: Tool[Any]) -> dict[str, Any]:
    """Arguments with which the tool can be called."""
    if tool.name in EXAMPLES:
        return EXAMPLES[tool.name]
    fields = tool.arguments.model_fields
    return next(
        (
            EXAMPLES[name]
            for name in ("guest", "node")
            if name in fields and fields[name].is_required()
        ),
        {},
    )


ALL = [pytest.param(tool, id=tool.name) for tool in REGISTRY.values()]
CHANGING = [pytest.param(tool, id=tool.name) for tool in REGISTRY.values() if tool.writes]


def test_every_tool_is_there_with_its_tier() -> None:
    told = {name: tool.tier for name, tool in REGISTRY.items()}
    wanted: dict[str, Any] = {
        **dict.fromkeys(GREEN, Tier.GREEN),
        **dict.fromkeys(YELLOW, Tier.YELLOW),
        **dict.fromkeys(RED, Tier.RED),
        **dict.fromkeys(BLACK, Tier.BLACK),
    }

    assert {name for name, tier in told.items() if callable(tier)} == set(BY_CALL)
    assert {name: tier for name, tier in told.items() if not callable(tier)} == wanted


@pytest.mark.parametrize(
    ("tool", "arguments", "tier"),
    [
        ("start_backup", {"guest": "media"}, Tier.YELLOW),
        ("start_backup", {"guest": "media", "mode": "stop"}, Tier.RED),
        ("start_backup", {"guest": "media", "mode": "suspend"}, Tier.RED),
        ("restart_service", {"node": "pve", "service": "pveproxy"}, Tier.YELLOW),
        ("restart_service", {"node": "pve", "service": "chrony.service"}, Tier.YELLOW),
        ("restart_service", {"node": "pve", "service": "pve-cluster"}, Tier.RED),
        ("restart_service", {"node": "pve", "service": "corosync"}, Tier.RED),
        ("restart_service", {"node": "pve", "service": "networking"}, Tier.RED),
        ("restart_service", {"node": "pve", "service": "ssh"}, Tier.RED),
        ("restart_service", {"node": "pve", "service": "docker"}, Tier.RED),
        ("restart_service", {"node": "pve", "service": "pvedaemon"}, Tier.RED),
        ("restart_service", {"node": "pve", "service": "PVEPROXY"}, Tier.RED),
        ("restart_service", {"node": "pve", "service": "pveproxy.socket"}, Tier.RED),
        ("restart_service", {"node": "pve", "service": "nobody-knows-it"}, Tier.RED),
        ("run_command", {"node": "pve", "command": "uptime"}, Tier.GREEN),
        ("run_command", {"node": "pve", "command": "qm start 104"}, Tier.YELLOW),
        ("run_command", {"node": "pve", "command": "qm stop 104"}, Tier.RED),
        ("run_command", {"node": "pve", "command": "zpool destroy rpool"}, Tier.BLACK),
    ],
)
def test_where_the_arguments_decide_the_tier_they_decide_it_so(
    tool: str, arguments: dict[str, Any], tier: Tier
) -> None:
    chosen = REGISTRY[tool]

    verdict = chosen.judge(chosen.arguments.model_validate(arguments))

    assert verdict.tier is tier
    assert verdict.reason


@pytest.mark.parametrize("tool", ALL)
def test_a_tool_is_told_whole(tool: Tool[Any]) -> None:
    assert tool.name == tool.name.lower()
    assert tool.summary.endswith(".")
    assert 20 < len(tool.summary) <= 110
    assert tool.reads
    assert bool(tool.changes) == bool(tool.verified_by)
    assert tool.writes == (tool.tier is not Tier.GREEN)
    assert 1 <= tool.timeout_s <= 1_800
    assert inspect.iscoroutinefunction(tool.run)


@pytest.mark.parametrize("tool", ALL)
def test_each_argument_has_its_sentence_and_its_bounds(tool: Tool[Any]) -> None:
    schema = schema_of(tool)

    assert schema["additionalProperties"] is False
    assert "title" not in json.dumps(schema)
    assert "$ref" not in json.dumps(schema)
    for name, given in schema["properties"].items():
        assert given.get("description", "").endswith((".", "…")), name
        bounds = {
            "string": {"pattern", "maxLength", "enum"},
            "integer": {"minimum"},
            "boolean": {"type"},
        }[given["type"]]
        assert bounds & set(given), f"{tool.name}.{name} has no bounds: {given}"
        if given["type"] == "integer":
            assert "maximum" in given, name


@pytest.mark.parametrize("tool", ALL)
def test_the_schema_a_model_is_given_takes_what_the_tool_takes(tool: Tool[Any]) -> None:
    schema, example = dict(schema_of(tool)), example_of(tool)

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(example, schema)
    tool.arguments.model_validate(example)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**example, "force": True}, schema)
    with pytest.raises(ValidationError):
        tool.arguments.model_validate({**example, "skiplock": True})


@pytest.mark.parametrize("tool", CHANGING)
def test_a_tool_that_changes_something_tells_what_it_touches(tool: Tool[Any]) -> None:
    if tool.name == "acknowledge_event":
        return  # it changes a mark in Jarvis's own journal, and nothing in the house
    assert tool.touches is not nothing_touched

    touched = tool.touches(tool.arguments.model_validate(example_of(tool)), HOMELAB)

    assert touched
    for touch in touched:
        assert touch.id or touch.kind is TouchKind.CLUSTER


@pytest.mark.parametrize(
    ("tool", "ends"),
    [
        ("start_guest", False),
        ("resume_guest", False),
        ("create_snapshot", False),
        ("start_backup", False),
        ("stop_guest", True),
        ("shutdown_guest", True),
        ("reboot_guest", True),
        ("reset_guest", True),
        ("suspend_guest", True),
        ("migrate_guest", True),
        ("rollback_snapshot", True),
        ("delete_snapshot", True),
        ("set_guest_resources", True),
        ("destroy_guest", True),
    ],
)
def test_what_would_end_a_guest_says_so(tool: str, ends: bool) -> None:
    chosen = REGISTRY[tool]

    touched = chosen.touches(chosen.arguments.model_validate(example_of(chosen)), HOMELAB)

    guest = next(touch for touch in touched if touch.kind is TouchKind.GUEST)
    assert (guest.id, guest.node, guest.ends) == ("104", "pve", ends)


def test_a_move_touches_the_node_it_goes_to() -> None:
    chosen = REGISTRY["migrate_guest"]

    touched = chosen.touches(chosen.arguments.model_validate(example_of(chosen)), HOMELAB)

    assert [(touch.kind, touch.id) for touch in touched] == [
        (TouchKind.GUEST, "104"),
        (TouchKind.NODE, "home"),
    ]


@pytest.mark.parametrize("tool", CHANGING)
def test_a_name_nobody_knows_touches_nothing_and_refuses_the_call(tool: Tool[Any]) -> None:
    """What cannot be named cannot be held against what is protected."""
    known = {"media": "nobody", "pve": "nobody", "home": "nobody"}
    arguments = {
        name: known.get(value, value) if isinstance(value, str) else value
        for name, value in example_of(tool).items()
    }
    if arguments == example_of(tool):
        return
    with pytest.raises(ToolError):
        tool.touches(tool.arguments.model_validate(arguments), HOMELAB)


@pytest.mark.parametrize("kind", [kind for kind in ActorKind if kind is not ActorKind.PERSON])
def test_what_destroys_and_what_is_for_persons_is_offered_to_nobody_else(kind: ActorKind) -> None:
    offered = {tool.name for tool in offered_tools(kind)}

    assert not offered & {*BLACK, *FOR_PERSONS}
    assert offered >= {*GREEN, *YELLOW, *BY_CALL, "stop_guest"}


def test_a_person_is_told_of_every_tool() -> None:
    assert [tool.name for tool in offered_tools(ActorKind.PERSON)] == list(REGISTRY)


@pytest.mark.parametrize(
    "value",
    [
        "-1",
        "--help",
        "104; rm -rf /",
        "$(reboot)",
        "`id`",
        "../../etc",
        "a b",
        "media\n",
        "media\nx",
        "*",
        "",
        "x" * 300,
        "mé",
        "a/b",
        "a&b",
        True,
        None,
        ["media"],
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ("stop_guest", "guest"),
        ("reboot_node", "node"),
        ("stop_service", "service"),
        ("create_snapshot", "snapshot"),
        ("ping_host", "host"),
        ("check_port", "host"),
        ("resolve_name", "name"),
        ("read_journal", "unit"),
        ("start_container", "container"),
        ("get_storage_content", "storage"),
        ("migrate_guest", "target"),
    ],
)
def test_a_name_that_could_be_something_else_is_no_name(tool: str, name: str, value: Any) -> None:
    chosen = REGISTRY[tool]
    example = {**example_of(chosen)}
    if chosen.name == "read_journal":
        example["node"] = "pve"
        if value is None:
            return  # it may be left out
    if isinstance(value, str) and value == "media\n":
        return  # the blank around a name is taken off it

    with pytest.raises(ValidationError):
        chosen.arguments.model_validate({**example, name: value})


@pytest.mark.parametrize(
    "device", ["/dev/sda; reboot", "/dev/../etc/passwd", "sda", "/etc/passwd", "/dev/"]
)
def test_a_drive_is_named_below_dev_alone(device: str) -> None:
    arguments = REGISTRY["wipe_disk"].arguments

    with pytest.raises(ValidationError):
        arguments.model_validate({"node": "pve", "device": device, "serial": "S1"})


def test_a_number_is_as_good_a_name_for_a_guest_as_its_digits() -> None:
    arguments = REGISTRY["stop_guest"].arguments

    assert arguments.model_validate({"guest": 104}) == arguments.model_validate({"guest": " 104 "})


def test_the_document_tells_the_tools_as_they_are() -> None:
    text = (ROOT / "docs/tools.md").read_text()

    told = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert told == document(REGISTRY.values()), "run `python -m services.tools.document`"
