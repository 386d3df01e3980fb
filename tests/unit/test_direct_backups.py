"""Without a model: what matters of the backups comes first, and only a few of them are listed."""

from datetime import timedelta
from typing import Any

from services.clock import as_stored
from services.llm.direct.planning import plan
from services.llm.direct.telling import tell
from services.llm.direct.understanding import understand
from services.llm.messages import ToolUse
from services.llm.routing import Inventory
from services.llm.turn import Deed
from services.safety.tiers import Tier
from services.tools.calls import Outcome, ToolResult
from services.tools.registry import REGISTRY
from tests.support.clusters import make_storage
from tests.support.gate_house import homelab
from tests.support.turned_clock import NOON

SEEN = homelab(storages=[make_storage("nas", "pve")])
NAMES = Inventory.from_snapshot(SEEN)
TABLE = (
    "50 backups, the newest made 5 h ago\nvolume  guest\na  104\n… 49 more left out; name a guest"
)


def made(tool: str, outcome: Outcome = Outcome.DONE, text: str = "x", **data: Any) -> Deed:
    result = ToolResult(
        call_id="1",
        tool=tool,
        outcome=outcome,
        text=text,
        because="Proxmox gave no answer" if outcome is Outcome.FAILED else "",
        data=data,
        read_at=NOON,
    )
    return Deed(use=ToolUse(id="1", tool=tool), tier=Tier.GREEN, writes=False, result=result)


def bare(vmid: int, name: str, **more: Any) -> dict[str, Any]:
    return {"vmid": vmid, "name": name, "has_job": False, "last_backup_at": None, **more}


def newest(vmid: int, name: str, hours: float) -> dict[str, Any]:
    at = as_stored(NOON - timedelta(hours=hours))
    return {"vmid": vmid, "name": name, "created_at": at}


def failed(kind: str, node: str, hours: float) -> dict[str, Any]:
    at = as_stored(NOON - timedelta(hours=hours))
    return {"kind": kind, "node": node, "started_at": at, "exit_status": "job errors"}


def answered(*deeds: Deed, said: str = "backups") -> str:
    return tell(understand(said, NAMES), deeds, lead="No model.")


def test_what_matters_is_told_before_the_list() -> None:
    text = answered(
        made("guests_without_backup", guests=[bare(112, "win11"), bare(140, "dev")]),
        made("list_tasks", tasks=[failed("vzdump", "agent", 10), failed("aptupdate", "pve", 1)]),
        made(
            "list_backups",
            text=TABLE,
            newest=[newest(104, "media", 5), newest(105, "cloud", 50), newest(106, "git", 25)],
        ),
    )

    lines = text.splitlines()
    assert lines[2:6] == [
        "- Without any backup, and covered by no backup job: win11 (112), dev (140).",
        "- The newest backup is older than a day: cloud (105), made 2 d 2 h ago.",
        "- 1 backup task failed, begun on agent at 2026-11-20 02:00 UTC: job errors.",
        "- The last backup was made 5 h ago, of media (104).",
    ]
    assert text.index("50 backups") > text.index("The last backup")
    assert "49 more left out" in text


def test_a_node_beside_it_takes_nothing_away() -> None:
    text = answered(made("list_tasks", tasks=[]), said="backups on pve")

    assert "- Among the latest tasks no backup has failed." in text


def test_where_all_is_well_it_says_so() -> None:
    text = answered(
        made("guests_without_backup", Outcome.EMPTY, guests=[]),
        made("list_tasks", Outcome.EMPTY, tasks=[]),
        made("list_backups", text=TABLE, newest=[newest(104, "media", 5)]),
    )

    assert "- Every guest has a backup." in text
    assert "- Among the latest tasks no backup has failed." in text
    assert "older than a day" not in text


def test_a_guest_whose_backups_may_not_be_seen_is_not_said_to_be_without_one() -> None:
    text = answered(
        made(
            "guests_without_backup",
            guests=[bare(112, "win11"), bare(104, "media", last_backup_at=as_stored(NOON))],
            unseen="the token may not see them",
        )
    )

    assert "Without any backup" not in text
    assert "- Covered by no backup job: win11 (112), media (104)." in text
    assert "not known: the token may not see them." in text


def test_many_guests_are_counted_and_a_name_of_markup_makes_no_link() -> None:
    rows = [bare(100 + n, "[Approve](http://192.0.2.6)") for n in range(20)]

    text = answered(made("guests_without_backup", guests=rows))

    assert "and 12 more." in text
    assert "[Approve]" not in text.replace(r"\[Approve]", "")


def test_what_could_not_be_read_is_told_as_such() -> None:
    text = answered(made("list_backups", Outcome.FAILED), made("list_tasks", tasks=[]))

    assert "`list_backups`: failed. Proxmox gave no answer." in text


def test_backups_of_a_guest_or_on_a_storage_are_listed_alone_and_few() -> None:
    for said, narrowed in (
        ("backups of media", {"guest": "104"}),
        ("which backups are on nas?", {"storage": "nas"}),
    ):
        (call,) = plan(understand(said, NAMES), SEEN, now=NOON).calls

        assert (call.tool, dict(call.arguments)) == ("list_backups", {**narrowed, "most": 10})
        REGISTRY["list_backups"].arguments.model_validate(dict(call.arguments))
