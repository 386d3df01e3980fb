"""The rights that are asked for: what each tool needs, neither less nor more, as Proxmox has it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cluster.rights import ACTING, WATCHING, backups_barred, parse_granted
from services.tools.registry import REGISTRY
from tests.support.pve_schema import Schema, load_methods, schema_is_here

OPERATING = (Path(__file__).parents[2] / "docs/operating.md").read_text()
REQUEST = re.compile(r"(GET|POST|PUT|DELETE) ((?:…|/)[^\s,;]*)")
MAJOR = {"8.4": 8, "9.2": 9}
BY_WORDS = {
    "start_backup": {"VM.Backup", "Datastore.AllocateSpace"},
    "delete_backup": {"VM.Backup", "Datastore.AllocateSpace"},
    "set_guest_resources": {"VM.Config.CPU", "VM.Config.Memory"},
}
"""What Proxmox's description says in words alone, or names as one of many."""


def requests(text: str) -> Iterator[tuple[str, str]]:
    """The requests a tool tells of, once for each kind of guest, with the placeholders in them."""
    for verb, path in REQUEST.findall(text):
        whole = path.replace("…", "/nodes/{node}/{qemu|lxc}/{vmid}").replace("{name}", "{snapname}")
        whole = whole.replace("{volid}", "{volume}")
        for kind in ("qemu", "lxc"):
            yield verb, whole.replace("{qemu|lxc}", kind)


def alternatives(permissions: Schema) -> Iterator[set[str]]:
    """Sets of privileges, one of each of which has to be held."""
    check = permissions.get("expression", {}).get("check") or []
    if check and check[0] == "or":
        yield {privilege for each in check[1:] for privilege in each[2]}
    elif check and "any" in check:
        yield set(check[2])
    elif check:
        yield from ({privilege} for privilege in check[2])


@pytest.mark.skipif(not schema_is_here(), reason="Proxmox's description of its API is not here")
@pytest.mark.parametrize("release", ["8.4", "9.2"])
@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_rights_a_tool_needs_are_those_proxmox_checks(name: str, release: str) -> None:
    tool, methods = REGISTRY[name], load_methods(release)

    for needed, text in ((WATCHING, tool.reads), (ACTING, tool.changes)):
        listed = {right.privilege for right in needed if name in right.tools}
        every = {right.privilege for right in needed if right.known_to(MAJOR[release])}
        known = listed if needed is ACTING else every
        for request in requests(text):
            if request in methods:
                for wanted in alternatives(methods[request].permissions):
                    assert wanted & known, f"{name} sends {request}"


@pytest.mark.skipif(not schema_is_here(), reason="Proxmox's description of its API is not here")
def test_the_tools_tell_of_requests_that_proxmox_knows() -> None:
    changes = {
        name: [request for request in requests(tool.changes) if request in load_methods("9.2")]
        for name, tool in REGISTRY.items()
        if REQUEST.search(tool.changes)
    }

    assert len(changes) > 20
    assert not [name for name, known in changes.items() if not known]


@pytest.mark.parametrize("name", sorted(BY_WORDS))
def test_what_proxmox_says_in_words_alone_is_asked_for_as_well(name: str) -> None:
    assert {right.privilege for right in ACTING if name in right.tools} == BY_WORDS[name]


def test_every_tool_that_changes_something_through_the_api_is_listed_with_a_right() -> None:
    listed = {name for right in ACTING for name in right.tools}

    assert listed == {name for name, tool in REGISTRY.items() if REQUEST.search(tool.changes)}


def test_no_right_is_asked_for_that_no_tool_and_no_figure_needs() -> None:
    assert not [right.told for right in (*WATCHING, *ACTING) if not right.tools]
    assert not {name for right in WATCHING for name in right.tools} - set(REGISTRY)


def role(name: str) -> set[str]:
    """The privileges of the role as the guide makes it."""
    (privileges,) = re.findall(rf'^pveum role add {name} --privs "(.+)"$', OPERATING, re.M)
    return set(privileges.split())


def test_the_role_for_acting_holds_what_is_asked_for_and_no_more() -> None:
    assert role("JarvisActs") == {
        right.privilege for right in (*WATCHING, *ACTING) if right.known_to(9)
    }


def test_the_role_for_watching_holds_what_cannot_change_anything() -> None:
    known = {right.privilege for right in WATCHING if right.known_to(9)}
    watching = known - {right.privilege for right in ACTING}

    assert role("JarvisWatches") == watching
    assert all(privilege.endswith((".Audit", ".Syslog")) for privilege in watching)


@pytest.mark.parametrize(
    ("granted", "barred"),
    [
        pytest.param({"/": {"VM.Backup": 1}}, "/storage/nas, Datastore.AllocateSpace", id="room"),
        pytest.param({"/": {"Datastore.AllocateSpace": 1}}, "/vms, VM.Backup", id="backup"),
        pytest.param({"/": {"VM.Backup": 1, "Datastore.AllocateSpace": 1}}, None, id="both"),
        pytest.param({"/storage/nas": {"Datastore.Allocate": 1}}, None, id="owner of the storage"),
        pytest.param(
            {"/vms": {"VM.Backup": 1}, "/storage/nas": {"Datastore.AllocateSpace": 1}},
            None,
            id="room on this storage alone",
        ),
    ],
)
def test_backups_are_seen_only_with_both_rights(granted, barred) -> None:
    told = backups_barred(parse_granted(granted), "nas")

    assert told == (barred and f"Permission check failed ({barred})")
