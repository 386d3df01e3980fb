"""How tools put what they found into words: figures, tables, names, refusals, trends."""

from datetime import timedelta

import pytest

from services.cluster.model import ClusterSnapshot, NodeState
from services.tools.errors import CallRefused, NamedTwice, NotNamed, NotReadYet
from services.tools.figures import (
    told,
    told_age,
    told_bytes,
    told_part,
    told_rate,
    told_share,
)
from services.tools.naming import find_guest, find_node, find_storage, online_nodes
from services.tools.refusals import explain_refusal
from services.tools.tables import CELL_CHARS, Column, list_facts, list_rows
from services.tools.trends import full_in_days, summarise
from tests.support.clusters import (
    GIB,
    NOON,
    make_guest,
    make_node,
    make_snapshot,
    make_storage,
)

HOMELAB = make_snapshot(
    nodes=[make_node("pve"), make_node("home"), make_node("agent", NodeState.DOWN)],
    guests=[
        make_guest(101, name="adguard"),
        make_guest(104, name="media"),
        make_guest(105, name="web", node="home"),
        make_guest(106, name="web", node="pve"),
        make_guest(107, name="Vault"),
        make_guest(108, name="109"),
        make_guest(109, name=None),
    ],
    storages=[
        make_storage("local", "pve"),
        make_storage("local", "home"),
        make_storage("local-zfs", "pve"),
        make_storage("nas", "agent", shared=True),
        make_storage("nas", "home", shared=True),
        make_storage("nas", "pve", shared=True),
    ],
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "0.98 KiB"),
        (512 * 1024**2, "512 MiB"),
        (4 * GIB, "4.00 GiB"),
        (64 * GIB, "64.0 GiB"),
        (1_000 * GIB, "0.98 TiB"),
        (1024**6, "1024 PiB"),
    ],
)
def test_a_size_has_three_digits_and_its_unit(value: int | None, text: str) -> None:
    assert told_bytes(value) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (told_share(None), "—"),
        (told_share(0), "0 %"),
        (told_share(0.061), "6.1 %"),
        (told_share(0.463), "46 %"),
        (told_part(None, None), "—"),
        (told_part(None, 8 * GIB), "— of 8.00 GiB"),
        (told_part(2 * GIB, 8 * GIB), "2.00 GiB of 8.00 GiB (25 %)"),
        (told_part(2 * GIB, 0), "2.00 GiB"),
        (told_rate(2048), "2.00 KiB/s"),
        (told_age(None, NOON), "—"),
        (told_age(NOON - timedelta(seconds=12), NOON), "12 s ago"),
        (told_age(NOON + timedelta(hours=3), NOON), "in 3 h"),
        (told(True), "yes"),
        (told(()), "—"),
        (told(("a", "b")), "a, b"),
    ],
)
def test_a_figure_is_told_with_its_unit_and_the_unknown_as_a_dash(text: str, wanted: str) -> None:
    assert text == wanted


COLUMNS: tuple[Column[tuple[str, int | None, str | None]], ...] = (
    Column("name", "name", lambda row: row[0]),
    Column("size", "size_bytes", lambda row: row[1], told_bytes),
    Column("note", "note", lambda row: row[2]),
)


def test_a_table_lines_up_and_leaves_out_what_nobody_knows() -> None:
    listing = list_rows([("a", 1024, None), ("longer", None, None)], COLUMNS)

    assert listing.text.splitlines() == ["name    size", "a       1.00 KiB", "longer  —"]
    assert listing.rows == (
        {"name": "a", "size_bytes": 1024, "note": None},
        {"name": "longer", "size_bytes": None, "note": None},
    )


def test_a_long_list_says_how_much_of_it_is_missing() -> None:
    rows = [(f"row {at}", at, None) for at in range(12)]

    listing = list_rows(rows, COLUMNS, most=10, narrow="name a node")

    assert len(listing.rows) == 10
    assert listing.left_out == 2
    assert listing.text.splitlines()[-1] == "… 2 more left out; name a node"


def test_no_cell_breaks_its_row() -> None:
    listing = list_rows([("a\nb\tc", 1, "x" * 1_000)], COLUMNS)

    assert "a b c" in listing.text
    assert len(listing.text.splitlines()) == 2
    assert all(len(line) < 2 * CELL_CHARS for line in listing.text.splitlines())


def test_facts_stand_under_one_another_and_unknown_ones_are_left_out() -> None:
    assert list_facts([("a", "1"), ("longer", "2"), ("none", "—")]) == "a       1\nlonger  2"


@pytest.mark.parametrize(
    ("name", "vmid"),
    [
        ("104", 104),
        ("media", 104),
        ("MEDIA", 104),
        ("media (104)", 104),
        ("vault", 107),
        ("109", 109),
    ],
)
def test_a_guest_is_found_by_number_by_name_or_by_both(name: str, vmid: int) -> None:
    assert find_guest(HOMELAB, name).vmid == vmid


@pytest.mark.parametrize(
    ("name", "told_"),
    [
        ("medai", "the nearest: media (104)"),
        ("140", "There is no guest 140; the nearest: "),
        ("media (105)", "There is no guest media (105)"),
        ("adguard (104)", "There is no guest adguard (104)"),
        ("zzzzzz", "There is no guest zzzzzz"),
    ],
)
def test_a_guest_nobody_knows_is_refused_with_the_nearest(name: str, told_: str) -> None:
    with pytest.raises(NotNamed) as refused:
        find_guest(HOMELAB, name)

    assert told_ in refused.value.because


def test_a_name_two_guests_have_names_neither() -> None:
    with pytest.raises(NamedTwice) as refused:
        find_guest(HOMELAB, "web")

    assert "105 on home, 106 on pve" in refused.value.because
    assert "its number" in refused.value.because


def test_nothing_can_be_named_before_the_cluster_was_read() -> None:
    unread = ClusterSnapshot(taken_at=NOON)

    for find in (find_guest, find_node, find_storage):
        with pytest.raises(NotReadYet):
            find(unread, "pve")


def test_a_node_is_found_however_it_is_spelt() -> None:
    assert find_node(HOMELAB, "PVE").name == "pve"
    with pytest.raises(NotNamed, match="the nearest: pve"):
        find_node(HOMELAB, "pvr")
    assert online_nodes(HOMELAB) == ("home", "pve")


def test_a_shared_storage_is_asked_of_a_node_that_answers() -> None:
    assert find_storage(HOMELAB, "nas").node == "home"
    assert find_storage(HOMELAB, "nas", "pve").node == "pve"


def test_a_storage_each_node_has_wants_its_node_named() -> None:
    with pytest.raises(NamedTwice, match="its node as well"):
        find_storage(HOMELAB, "local")

    assert find_storage(HOMELAB, "local", "home").id == "storage/home/local"
    with pytest.raises(CallRefused, match="There is no storage on home"):
        find_storage(HOMELAB, "local-zfs", "home")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("VM is locked (backup)", "a backup of it runs. Wait until that has ended"),
        ("CT is locked (mounted)", "`pct unlock`"),
        ("VM is locked (suspended)", "Resume it first"),
        ("VM is locked (something-new)", "another operation holds it"),
        ("cluster not ready - no quorum?", "lost its quorum"),
        (
            "can't lock file '/var/lock/qemu-server/lock-104.conf' - got timeout",
            "Another operation on media (104)",
        ),
        ("VM is paused - cannot shutdown", "Resume it first, or stop it"),
        ("can't remove VM 104 - protection mode enabled", "protection against removal"),
        ("you can't start a vm if it's a template", "is a template"),
        ("can't rollback, 'a' is not most recent snapshot on 'b'", "Only the newest snapshot"),
    ],
)
def test_proxmoxs_refusals_are_told_with_what_to_do(text: str, meaning: str) -> None:
    told_ = explain_refusal(text, "media (104)")

    assert told_ is not None
    assert meaning in told_


def test_words_that_speak_for_themselves_are_left_alone() -> None:
    assert explain_refusal("storage 'nas' does not exist", "media (104)") is None


HOURS = [3_600 * at for at in range(24)]


@pytest.mark.parametrize(
    ("samples", "trend"),
    [
        pytest.param([100.0 + at for at in range(24)], "rising", id="a slope"),
        pytest.param([100.0 - at for at in range(24)], "falling", id="a fall"),
        pytest.param([100.0] * 24, "steady", id="flat"),
        pytest.param([0.0] * 24, "steady", id="nothing at all"),
        pytest.param([100.0 + 40 * (at % 2) for at in range(24)], "steady", id="to and fro"),
        pytest.param([100.0 + at / 1000 for at in range(24)], "steady", id="hardly any slope"),
        pytest.param([1.0, 2.0, 3.0] + [None] * 21, "unknown", id="too few to tell"),
    ],
)
def test_a_trend_is_what_a_line_explains(samples: list[float | None], trend: str) -> None:
    summary = summarise(HOURS, samples)

    assert summary is not None
    assert summary.trend == trend


def test_a_series_is_summed_up_over_what_is_known() -> None:
    summary = summarise([0, 60, 120, 180], [None, 2.0, 8.0, 5.0])

    assert summary is not None
    assert (summary.least, summary.mean, summary.most, summary.last) == (2.0, 5.0, 8.0, 5.0)
    assert (summary.samples, summary.most_at_s) == (3, 120)
    assert summarise([0, 60], [None, None]) is None


def test_what_fills_up_is_told_when_it_will_be_full() -> None:
    growing = summarise(HOURS, [100.0 + at for at in range(24)])
    resting = summarise(HOURS, [100.0] * 24)

    assert growing is not None
    assert resting is not None
    assert full_in_days(growing, 147.0) == pytest.approx(1.0)
    assert full_in_days(growing, 100.0) is None, "it is fuller than that already"
    assert full_in_days(growing, None) is None
    assert full_in_days(resting, 200.0) is None
