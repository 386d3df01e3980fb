"""Without a model: a message that names a storage is answered about that one."""

from typing import Any

import pytest

from services.llm.direct.planning import plan
from services.llm.direct.telling import tell
from services.llm.direct.understanding import understand
from services.llm.messages import ToolUse
from services.llm.routing import Inventory
from services.llm.turn import Deed
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolResult
from tests.support.clusters import make_storage
from tests.support.gate_house import homelab
from tests.support.turned_clock import NOON

GIB = 1024**3
SEEN = homelab(
    storages=[
        make_storage("local-zfs", "pve"),
        make_storage("local-zfs", "home"),
        make_storage("backup", "pve"),
        make_storage("media", "pve"),
    ]
)
NAMES = Inventory.from_snapshot(SEEN)


def row(storage: str, node: str, used: float | None = 0.5, **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "used_bytes": None if used is None else used * 100 * GIB,
        "total_bytes": 100 * GIB,
        "used_fraction": used,
        "active": True,
        "shared": False,
        "level": "ok",
    }
    return {"storage": storage, "node": node, **known, **more}


def answered(said: str, *rows: dict[str, Any], outcome: Outcome = Outcome.DONE) -> str:
    result = ToolResult(
        call_id="1",
        tool="list_storage",
        outcome=outcome,
        because="" if outcome is Outcome.DONE else "Proxmox gave no answer",
        text="16 storages as each node sees them; read 5 s ago\nstorage  node\nlocal  pve",
        data={"storages": list(rows)},
    )
    deed = Deed(
        use=ToolUse(id="1", tool="list_storage"), tier=Tier.GREEN, writes=False, result=result
    )
    return tell(understand(said, NAMES), [deed], lead="No model.")


@pytest.mark.parametrize(
    "said",
    [
        "how full is local-zfs on pve?",
        "how full is pve/local-zfs?",
        "storage/pve/local-zfs",
        "local-zfs on pve",
        "wie voll ist local-zfs auf pve",
    ],
)
def test_a_storage_is_named_with_its_node_in_many_ways(said: str) -> None:
    wish = understand(said, NAMES)
    calls = [(c.tool, dict(c.arguments)) for c in plan(wish, SEEN, now=NOON).calls]

    assert calls == [("list_storage", {"node": "pve"})]
    assert [one.name for one in wish.things if one.what == "storage"] == ["local-zfs"]


@pytest.mark.parametrize("said", ["how full is the backup storage?", "how full is backup?"])
def test_a_storage_that_is_called_as_what_it_holds_is_no_question_of_that(said: str) -> None:
    wish = understand(said, NAMES)

    assert (wish.intent, [one.name for one in wish.things]) == ("storage", ["backup"])


def test_a_guest_that_is_asked_how_full_it_is_is_told_itself() -> None:
    calls = plan(understand("how full is media's disk?", NAMES), SEEN, now=NOON).calls

    assert [(c.tool, dict(c.arguments)) for c in calls] == [("get_guest_status", {"guest": "104"})]


def test_a_path_of_something_else_names_no_storage() -> None:
    assert understand("what is in etc/local-zfs of pve", NAMES).first("node") is not None
    assert understand("is pve/home well?", NAMES).first("storage") is None


def test_one_storage_is_told_in_a_sentence_and_no_other_is_shown() -> None:
    text = answered(
        "how full is local-zfs?",
        row("local-zfs", "pve", 0.87, level="warning"),
        row("local", "pve"),
    )

    told = "87 % full, 87.0 GiB of 100 GiB; level warning; read 5 s ago."
    assert text == f"No model.\n\nlocal-zfs, on pve: {told}"


def test_one_that_several_nodes_have_is_a_short_table() -> None:
    text = answered(
        "how full is local-zfs?",
        row("local-zfs", "home", 0.2),
        row("local-zfs", "pve", 0.87),
        row("local-zfs", "agent", None, active=False),
        row("local", "pve"),
    )

    assert "local-zfs is on 3 nodes; the fullest is that of pve, 87 %; read 5 s ago." in text
    table = text.partition("```text\n")[2].splitlines()
    assert [line.split()[0] for line in table[:-1]] == ["node", "home", "pve", "agent"]
    assert "not active" in table[3]


def test_a_shared_one_is_told_once() -> None:
    text = answered(
        "how full is backup?",
        row("backup", "home", None, shared=True, active=False),
        row("backup", "pve", 0.3, shared=True),
    )

    assert text.endswith("backup, shared: 30 % full, 30.0 GiB of 100 GiB; read 5 s ago.")


def test_where_none_is_named_or_none_was_found_the_list_is_told() -> None:
    assert "16 storages" in answered("how full are the disks?", row("local-zfs", "pve"))
    assert "16 storages" in answered("how full is local-zfs?", row("local", "pve"))


def test_a_failed_read_of_storages_is_told_as_such() -> None:
    text = answered("how full is local-zfs?", outcome=Outcome.FAILED)

    assert "failed. Proxmox gave no answer." in text
