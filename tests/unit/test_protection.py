"""What is protected is not reached: by no touch, no argument and no path."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.cluster.model import GuestState
from services.cluster.parse_guest import GuestConfig
from services.nodes.model import DockerContainer
from services.safety.protection import (
    ANY,
    Place,
    find_holds,
    mentions_protected,
    own_containers,
    protects,
)
from services.safety.protection_paths import Reach, reach_of_path
from services.safety.protection_place import find_own_guest, own_macs
from services.safety.touches import Touch, TouchKind
from services.safety.words import STAR, UNKNOWN
from tests.support.clusters import NOON, make_guest, make_node, make_snapshot
from tests.support.protected_house import HOUSE, PLACE

FULL_ID = "3f2a9c" + "0" * 58


@pytest.mark.parametrize(
    ("touch", "told"),
    [
        (Touch(kind=TouchKind.GUEST, id="103"), "I may not act on mgmt (103): I live there"),
        (Touch(kind=TouchKind.GUEST, id="mgmt", ends=True), "mgmt (103): it is protected"),
        (Touch(kind=TouchKind.GUEST, id=ANY, node="pve"), "not known on which guests"),
        (Touch(kind=TouchKind.NODE_POWER, id="pve", ends=True), "pve may not go down"),
        (Touch(kind=TouchKind.NODE_POWER, id=ANY, ends=True), "a node may not go down"),
        (Touch(kind=TouchKind.NODE_POWER, id="elsewhere", ends=True), "elsewhere may not go down"),
        (Touch(kind=TouchKind.NODE, id="pve", ends=True), "could take down what runs on pve"),
        (Touch(kind=TouchKind.SERVICE, id="corosync", node="pve", ends=True), "corosync may not"),
        (Touch(kind=TouchKind.SERVICE, id="poweroff.target", node="pve"), "poweroff.target may"),
        (Touch(kind=TouchKind.DOCKER, id="jarvis-web", node="103"), "it is part of me"),
        (Touch(kind=TouchKind.DOCKER, id=ANY, node="103", ends=True), "daemon that runs me"),
        (Touch(kind=TouchKind.DOCKER, id="0a1b2c", node="103"), "may be part of me"),
        (
            Touch(kind=TouchKind.STORAGE, id="local-zfs", node="pve", ends=True),
            "may hold the disks",
        ),
        (Touch(kind=TouchKind.STORAGE, id="nas:vm-103-disk-0", ends=True), "belongs to mgmt"),
        (Touch(kind=TouchKind.CLUSTER, id="", ends=True), "the whole cluster"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_touch_is_refused_with_its_reason(touch: Touch, told: str) -> None:
    why = protects((touch,), HOUSE, PLACE)

    assert why is not None
    assert told in why


@pytest.mark.parametrize(
    "touch",
    [
        Touch(kind=TouchKind.GUEST, id="104", ends=True),
        Touch(kind=TouchKind.GUEST, id=ANY, node="home", ends=True),
        Touch(kind=TouchKind.NODE_POWER, id="home", ends=True),
        Touch(kind=TouchKind.NODE_POWER, id="pve"),
        Touch(kind=TouchKind.NODE, id="pve"),
        Touch(kind=TouchKind.SERVICE, id="nginx", node="pve", ends=True),
        Touch(kind=TouchKind.SERVICE, id="corosync", node="home", ends=True),
        Touch(kind=TouchKind.DOCKER, id="plex", node="103", ends=True),
        Touch(kind=TouchKind.DOCKER, id="jarvis", node="home", ends=True),
        Touch(kind=TouchKind.STORAGE, id="nas:backup/vzdump-qemu-104-x", ends=True),
        Touch(kind=TouchKind.STORAGE, id="local-zfs", node="home", ends=True),
        Touch(kind=TouchKind.CLUSTER, id=""),
    ],
    ids=lambda touch: f"{touch.kind.value} {touch.id} {touch.node}",
)
def test_what_is_not_protected_is_left_to_policy(touch: Touch) -> None:
    assert protects((touch,), HOUSE, PLACE) is None


def test_one_protected_thing_among_many_is_enough() -> None:
    harmless = Touch(kind=TouchKind.GUEST, id="104", ends=True)

    assert protects((harmless, Touch(kind=TouchKind.GUEST, id="103")), HOUSE, PLACE)


def test_one_node_that_leaves_the_cluster_is_judged_as_that_node() -> None:
    def leaving(node: str, cluster: str = "") -> str | None:
        touches = (
            Touch(kind=TouchKind.CLUSTER, id=cluster, ends=True),
            Touch(kind=TouchKind.NODE, id=node, node=node, ends=True),
        )
        return protects(touches, HOUSE, PLACE)

    assert leaving("agent") is None
    assert leaving("pve")
    assert leaving("agent", cluster=ANY), "a command may do more than it names"


def test_a_tagged_guest_that_is_off_does_not_keep_its_node_up() -> None:
    off = make_guest(103, GuestState.STOPPED, name="mgmt", protected=True)
    house = make_snapshot(nodes=[make_node("pve")], guests=[off])
    down = Touch(kind=TouchKind.NODE_POWER, id="pve", ends=True)

    assert protects((down,), house, Place()) is None
    assert protects((down,), house, PLACE), "Jarvis itself is there, whatever is read of it"


def test_without_knowledge_of_the_guests_only_waking_is_allowed() -> None:
    unread = make_snapshot(nodes=[], guests_at=None)
    wake = Touch(kind=TouchKind.NODE_POWER, id="pve")

    assert protects((Touch(kind=TouchKind.GUEST, id="104"),), unread, PLACE)
    assert protects((wake,), unread, PLACE) is None


def test_where_it_lives_unseen_no_node_goes_down() -> None:
    blind = replace(HOUSE, guests={104: HOUSE.guests[104]})
    down = Touch(kind=TouchKind.NODE_POWER, id="agent", ends=True)

    assert "not known where guest 103 is" in str(protects((down,), blind, PLACE))


def test_after_ten_minutes_a_reading_tells_no_longer_where_anything_is() -> None:
    down = Touch(kind=TouchKind.NODE_POWER, id="agent", ends=True)

    assert protects((down,), HOUSE, PLACE, now=NOON + timedelta(minutes=10)) is None
    assert protects((down,), HOUSE, PLACE, now=NOON + timedelta(minutes=10, seconds=1))


@pytest.mark.parametrize("place", [PLACE, Place()], ids=["lives in it", "lives elsewhere"])
def test_what_cannot_be_done_is_said_beforehand_in_the_words_of_the_refusal(place: Place) -> None:
    tagged = make_guest(101, name="adguard", node="home", protected=True)
    house = replace(HOUSE, guests={**HOUSE.guests, 101: tagged})

    holds = find_holds(house, place)

    for (kind, id), why in holds.items():
        assert protects((Touch(kind=kind, id=id, ends=True),), house, place) == why
    assert {id for kind, id in holds if kind is TouchKind.GUEST} == {"101", "103"}
    assert {id for kind, id in holds if kind is TouchKind.NODE_POWER} == {"home", "pve"}


def test_before_the_guests_were_read_nothing_is_said_to_be_held() -> None:
    assert find_holds(make_snapshot(nodes=[make_node("pve")], guests_at=None), PLACE) == {}


def container(name: str, id: str = FULL_ID, image: str = "x", **labels: str) -> DockerContainer:
    named = tuple((key.replace("_", "."), value) for key, value in labels.items())
    return DockerContainer(
        id=id, name=name, image=image, state="running", status="Up", labels=named
    )


def test_its_own_containers_are_known_by_name_image_and_project() -> None:
    assert own_containers([container("jarvis")]) == {"jarvis", FULL_ID}
    assert own_containers([container("web", image="ghcr.io/x/jarvis:1")])
    assert own_containers([container("web", com_docker_compose_project="jarvis")])
    assert own_containers([container("plex")]) == frozenset()


def test_an_id_may_be_shortened() -> None:
    place = replace(PLACE, containers=own_containers([container("jarvis")]))
    stop = Touch(kind=TouchKind.DOCKER, id="3f2a", node="103", ends=True)
    other = Touch(kind=TouchKind.DOCKER, id="beef", node="103", ends=True)

    assert protects((stop,), HOUSE, place)
    assert protects((other,), HOUSE, place) is None


@pytest.mark.parametrize(
    "arguments",
    [{"guest": 103}, {"guest": "103"}, {"guest": " MGMT "}, {"a": [{"b": "mgmt (103)"}]}],
    ids=str,
)
def test_an_argument_that_names_it_is_found_however_deep(arguments: object) -> None:
    assert mentions_protected(arguments, HOUSE, PLACE)
    assert mentions_protected({"guest": 104, "on": True, "f": 1.5}, HOUSE, PLACE) is None
    assert mentions_protected({"event": 103, "timeout_s": 103}, HOUSE, PLACE) is None


@pytest.mark.parametrize(
    ("word", "reach"),
    [
        ("/etc/pve/qemu-server/104.conf", Reach.GUESTS),
        ("/etc", Reach.GUESTS),
        ("/", Reach.GUESTS),
        ("/e" + STAR, Reach.GUESTS),
        ("/tmp/../etc/pve", Reach.GUESTS),
        ("//etc//pve", Reach.GUESTS),
        (UNKNOWN, Reach.GUESTS),
        ("../../etc/pve", Reach.GUESTS),
        ("/proc/sysrq-trigger", Reach.POWER),
        ("/dev/sda", Reach.NODE),
        ("/boot/vmlinuz", Reach.NODE),
        ("~/.ssh/authorized_keys", Reach.NODE),
        ("/usr/bin/qm", Reach.NODE),
        ("/dev/null", Reach.NOTHING),
        ("/tmp/x", Reach.NOTHING),
        ("/srv/note", Reach.NOTHING),
        ("/tank/images", Reach.NODE),
        ("/mnt/usb/x", Reach.NODE),
        ("/mnt/pve/nas/dump/x.log", Reach.NODE),
        ("/mnt/pve/nas/images", Reach.GUESTS),
        ("/proc/1/root/srv", Reach.GUESTS),
        ("/proc/" + STAR, Reach.GUESTS),
        ("note.txt", Reach.NOTHING),
        (STAR, Reach.NOTHING),
        ("/var/log/a.log", Reach.NOTHING),
    ],
    ids=lambda given: given.name if isinstance(given, Reach) else ascii(given),
)
def test_a_path_reaches_as_far_as_it_may(word: str, reach: Reach) -> None:
    assert reach_of_path(word) is reach


def test_it_finds_itself_by_its_own_addresses(tmp_path: Path) -> None:
    for name, address in (("lo", "00:00:00:00:00:00"), ("eth0", "BC:24:11:0A:0B:0C")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text(f"{address}\n")
    configs = {
        103: GuestConfig(nets=(("net0", "virtio=BC:24:11:0A:0B:0C,bridge=vmbr0"),)),
        104: GuestConfig(nets=(("net0", "name=eth0,hwaddr=BC:24:11:00:00:01,bridge=vmbr0"),)),
        105: GuestConfig(),
    }

    macs = own_macs(tmp_path)

    assert macs == {"bc:24:11:0a:0b:0c"}
    assert find_own_guest(configs, macs) == 103
    assert find_own_guest(configs, {"02:42:ac:11:00:02"}) is None
    assert find_own_guest({**configs, 106: configs[103]}, macs) is None, "two are no answer"
    assert own_macs(tmp_path / "nowhere") == frozenset()
