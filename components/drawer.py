"""The drawer of a node, guest, storage, task or event: its figures live in the browser's store.

What the store does not hold (history, configuration, snapshots, logs, older events) is read when a
person opens it, through the `Readers` handed in, each on its own: a slow one keeps no other
waiting, and a failed one says why. Each part goes to the page that asked, told under `drawer`:
`{kind, id, part, span, state: ok|failed, because, remedy, ...}`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from nicegui import ui
from pydantic import BaseModel, ConfigDict, Field

from components.live.asking import Args, Teller, read_asked
from components.live.recorded import RecordedEvent
from components.live.rows import draw_event, draw_task, epoch
from services.cluster.errors import ClusterError
from services.cluster.history import GuestFacts, NodeFacts
from services.cluster.model import TaskSnapshot
from services.cluster.parse_guest import GuestConfig, SnapshotReading
from services.cluster.parse_rrd import History

log = structlog.get_logger("drawer")

Charted = Literal["node", "guest", "storage"]
Kind = Literal["node", "guest", "storage", "task", "event"]
Span = Literal["1h", "24h", "7d"]
Payload = Mapping[str, Any]

READ_TIMEOUT_S = 20.0
LOG_LINES_KEPT = 400


class Asked(BaseModel):
    """What a page asks about; nothing in it is trusted before this has read it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: Kind
    id: str = Field(min_length=1, max_length=300, pattern=r"^[\w@.:!+/ -]+$")
    span: Span = "1h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Where the parts come from; one that is None is not offered.

    Storages are named as the page names them: `pve/local-zfs`, or only `nas` where all nodes share
    it. A reader raises ClusterError for what a person can be told.
    """

    history: Callable[[Charted, str, Span], Awaitable[History]]
    guest: Callable[[int], Awaitable[GuestFacts]] | None = None
    node: Callable[[str], Awaitable[NodeFacts]] | None = None
    task: Callable[[str], Awaitable[TaskSnapshot | None]] | None = None
    task_log: Callable[[str], Awaitable[Sequence[str]]] | None = None
    event: Callable[[int], Awaitable[RecordedEvent | None]] | None = None


class Drawer(ui.element, component="drawer.js", default_classes="hud-drawer"):
    """One page's drawer; place it once, after the panels."""

    def __init__(self, live: Teller, readers: Readers) -> None:
        super().__init__()
        answers = DrawerAnswers(live, readers)
        live.on_action("open", answers.open)
        live.on_action("span", answers.read_span)
        live.on_action("log", answers.read_log)


class DrawerAnswers:
    """Reads what one page's drawer asks for and tells it to that page."""

    def __init__(self, live: Teller, readers: Readers) -> None:
        self._live = live
        self._readers = readers
        self._begun = 0
        self._told: dict[tuple[str, Asked], int] = {}
        """By part and question, which reading was told: one begun before it has been overtaken."""

    async def open(self, args: Args) -> None:
        """Read every part of a subject at once."""
        if (asked := _parse_asked(args, "open")) is None:
            return
        readings: list[Awaitable[None]] = []
        match asked.kind:
            case "node":
                readings = [self._history(asked), self._node(asked)]
            case "guest":
                readings = [self._history(asked), self._guest(asked)]
            case "storage":
                readings = [self._history(asked)]
            case "task":
                readings = [self._task(asked), self._log(asked)]
            case "event":
                readings = [self._event(asked)]
        await asyncio.gather(*readings)

    async def read_span(self, args: Args) -> None:
        """Read the history of a subject over another span."""
        asked = _parse_asked(args, "span")
        if asked is not None:
            await self._history(asked)

    async def read_log(self, args: Args) -> None:
        """Read the log of a task once more."""
        asked = _parse_asked(args, "log")
        if asked is not None and asked.kind == "task":
            await self._log(asked)

    async def _history(self, asked: Asked) -> None:
        kind = asked.kind
        if kind == "task" or kind == "event":
            return

        async def read() -> Mapping[str, Payload]:
            history = await self._readers.history(kind, asked.id, asked.span)
            return {"history": draw_history(history)}

        await self._tell(asked, read, "history")

    async def _guest(self, asked: Asked) -> None:
        if (read_guest := self._readers.guest) is None:
            return

        async def read() -> Mapping[str, Payload]:
            facts = await read_guest(int(asked.id))
            gap = _failed(facts.because or "Proxmox did not tell")
            return {
                "details": gap if facts.config is None else draw_config(facts.config),
                "snapshots": gap
                if facts.snapshots is None
                else {"rows": [draw_snapshot(snapshot) for snapshot in facts.snapshots]},
                "tasks": _draw_tasks(facts.tasks) or gap,
            }

        await self._tell(asked, read, "details", "snapshots", "tasks")

    async def _node(self, asked: Asked) -> None:
        if (read_node := self._readers.node) is None:
            return

        async def read() -> Mapping[str, Payload]:
            facts = await read_node(asked.id)
            gap = _failed(facts.because or "Proxmox did not tell")
            return {"tasks": _draw_tasks(facts.tasks) or gap}

        await self._tell(asked, read, "tasks")

    async def _task(self, asked: Asked) -> None:
        if (read_task := self._readers.task) is None:
            return

        async def read() -> Mapping[str, Payload]:
            task = await read_task(asked.id)
            gone = _failed("Proxmox no longer knows this task")
            return {"task": gone if task is None else {"row": draw_task(task)}}

        await self._tell(asked, read, "task")

    async def _log(self, asked: Asked) -> None:
        if (read_log := self._readers.task_log) is None:
            return

        async def read() -> Mapping[str, Payload]:
            lines = await read_log(asked.id)
            kept = list(lines[-LOG_LINES_KEPT:])
            return {"log": {"lines": kept, "cut": len(kept) < len(lines)}}

        await self._tell(asked, read, "log")

    async def _event(self, asked: Asked) -> None:
        if (read_event := self._readers.event) is None:
            return

        async def read() -> Mapping[str, Payload]:
            event = await read_event(int(asked.id))
            gone = _failed("The journal no longer holds this event")
            return {"event": gone if event is None else {"row": draw_event(event)}}

        await self._tell(asked, read, "event")

    async def _tell(
        self, asked: Asked, read: Callable[[], Awaitable[Mapping[str, Payload]]], *parts: str
    ) -> None:
        self._begun += 1
        begun = self._begun
        answers: Mapping[str, Payload]
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                answers = await read()
        except ClusterError as error:
            answers = dict.fromkeys(parts, _failed(error.because, error.remedy))
        except TimeoutError:
            late = _failed(f"No answer came within {READ_TIMEOUT_S:.0f}\u00a0s")
            answers = dict.fromkeys(parts, late)
        except Exception:
            log.exception("the drawer could not be filled", kind=asked.kind, parts=parts)
            stumbled = _failed("Jarvis stumbled over the answer", "The log tells where")
            answers = dict.fromkeys(parts, stumbled)
        whose = {"kind": asked.kind, "id": asked.id, "span": asked.span, "state": "ok"}
        for part, answer in answers.items():
            if begun < self._told.get((part, asked), 0):
                continue
            self._told[part, asked] = begun
            self._live.tell("drawer", {**whose, "part": part, **answer})


def draw_history(history: History) -> Payload:
    """The series as the browser draws them, rounded to what a chart can show; None is a gap."""
    return {
        "times": list(history.times),
        "series": {
            metric.value: [_rounded(sample) for sample in samples]
            for metric, samples in history.series.items()
        },
    }


def draw_config(config: GuestConfig) -> Payload:
    """What the configuration adds to the facts of a guest."""
    return {
        "details": {
            "os_type": config.os_type,
            "starts_at_boot": config.starts_at_boot,
            "agent_enabled": config.agent_enabled,
            "description": config.description,
            "disks": [list(disk) for disk in config.disks],
            "nets": [list(net) for net in config.nets],
        }
    }


def draw_snapshot(snapshot: SnapshotReading) -> Payload:
    """A row of a guest's snapshots; `at` in seconds since the epoch."""
    at = snapshot.taken_at
    return {
        "name": snapshot.name,
        "at": epoch(at),
        "description": snapshot.description,
        "memory": snapshot.with_memory,
    }


def _draw_tasks(tasks: Sequence[TaskSnapshot] | None) -> Payload | None:
    return None if tasks is None else {"rows": [draw_task(task) for task in tasks]}


def _parse_asked(args: Args, action: str) -> Asked | None:
    asked = read_asked(Asked, args, action)
    if asked is None:
        return None
    if asked.kind == "storage":
        # The panel's rows are named as Proxmox writes them: storage/pve/local-zfs.
        asked = asked.model_copy(update={"id": asked.id.removeprefix("storage/")})
    numbered = asked.kind in ("guest", "event")
    if numbered and not (asked.id.isascii() and asked.id.isdigit() and len(asked.id) < 19):
        return None
    return asked


def _rounded(sample: float | None) -> float | None:
    if sample is None:
        return None
    return round(sample) if abs(sample) >= 1_000 else round(sample, 4)


def _failed(because: str, remedy: str | None = None) -> Payload:
    return {"state": "failed", "because": because, "remedy": remedy}
