"""The next step of the scripted model: what was wanted, the plan for it, and how far it got."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from simulator.llm.talk import Step, Talk

from . import changes, reads, relays
from .hearing import CHANGES, FOLLOWING, POINTING, SMALLTALK, Heard, hear
from .knowledge import explain
from .names import Names, Thing
from .reading import Reading, read
from .scene import Need, Scene, want
from .smalltalk import UNKNOWN, chat
from .wording import because_of, headline, table_of

Plan = Callable[[Scene, Heard], str]
_PLANS: Final[Mapping[str, Plan]] = {
    "status": reads.tell_status,
    "down": reads.tell_down,
    "hot": reads.tell_heat,
    "disk": reads.tell_disk,
    "thing": reads.tell_thing,
    "backups": relays.tell_backups,
    "no-backup": relays.tell_missing_backups,
    "updates": relays.tell_updates,
    "events": relays.tell_events,
    "tasks": relays.tell_tasks,
    "snapshots": relays.tell_snapshots,
    "address": relays.tell_addresses,
    "disk-health": relays.tell_drives,
    "ha": relays.tell_ha,
    "top": relays.tell_top,
    "ping": relays.tell_reach,
    "containers": relays.relay,
    "journal": relays.relay,
    "network": relays.relay,
    "services": relays.relay,
    "replication": relays.relay,
    "guests": relays.relay,
    "nodes": relays.relay,
    **dict.fromkeys(changes.POWER, changes.change_power),
    "wake": changes.change_node,
    **dict.fromkeys(
        ("backup", "snapshot", "migrate", "restart-container", "restart-service", "upgrade"),
        changes.change_other,
    ),
    "destroy": changes.refuse_destruction,
}
_OFFER: Final = re.compile(
    r"\bShall I (restart|start|stop|shut down|resume) ([\w.-]+)", re.IGNORECASE
)
_PERHAPS_NAMED: Final = re.compile(r"\b(is|on|of|has|does|in|fills)\b", re.IGNORECASE)
_NAMED_LAST: Final = re.compile(r"\b(on|of|in|auf) [\w.-]+$", re.IGNORECASE)
_ABOUT_ONE: Final = (
    *("hot", "thing", "disk", "tasks", "snapshots", "backups", "events", "updates"),
    "address",
)
_NAMED: Final = (
    *(intent for intent in _ABOUT_ONE if intent != "disk"),
    *("guests", "journal", "disk-health", "top"),
)
"""Where a name that nobody has told of is looked for first; storages tell their own."""
_READING: Final = (*_ABOUT_ONE, "guests", "containers", "journal")
"""What several questions in one message may each be about."""
UNREADABLE: Final = "The tools told nothing that I could read, so I do not know."
_NOTHING_OFFERED: Final = "I have offered nothing that waits for a yes. What shall I do?"


def think(talk: Talk) -> Step:
    """What it says or asks for next."""
    scene = Scene(talk)
    try:
        return Step(text=_answer(scene) or UNREADABLE)
    except Need as need:
        return need.step


def understand(talk: Talk) -> Heard:
    """What the last question wants."""
    scene = Scene(talk)
    return hear(scene.ask, gather_names(scene))


def gather_names(scene: Scene) -> Names:
    """Every name that was told so far."""
    names = Names()
    for turn in scene.talk.turns:
        names.take(read(turn.text))
    for done in (*scene.earlier, *scene.done):
        names.take(done.reading)
    return names


def _answer(scene: Scene) -> str:
    names = gather_names(scene)
    heard = hear(scene.ask, names)
    if (said := chat(heard, scene.talk.system)) is not None:
        return said
    plain = heard.intent not in (*CHANGES, "address") and not heard.things
    if plain and (told := explain(scene.ask)):
        return told
    if heard.intent in FOLLOWING:
        return _follow(scene, heard, names)
    if not heard.intent:
        return UNKNOWN
    if heard.intent in CHANGES:
        return _run(scene, _pointed(scene, heard, names), names)
    return _run_all(scene, _each(heard, names), names)


def _run_all(scene: Scene, wishes: list[Heard], names: Names) -> str:
    """All of them, their looks in one round: of many rounds the first results are shortened."""
    told: list[str] = []
    wanted: list[Need] = []
    for one in wishes:
        try:
            told.append(_run(scene, one, names))
        except Need as need:
            wanted.append(need)
    if wanted:
        every = [call for need in wanted for call in need.step.calls]
        once = {(call.tool, str(call.arguments)): call for call in every}
        raise Need(tuple(once.values()), wanted[0].step.text)
    return "\n\n".join(told)


_BETWEEN: Final = re.compile(r"[,?]\s*(?:and |und |et )?|\s(?:and|und|et)\s", re.IGNORECASE)


def _each(heard: Heard, names: Names) -> list[Heard]:
    """The questions in a message, where each part of it is one by itself; else the one it is."""
    parts = [hear(part, names) for part in _BETWEEN.split(heard.ask) if part.strip()]
    whole = all(
        one.intent in _READING and (one.intent != "thing" or one.thing is not None) for one in parts
    )
    return parts if whole and len(parts) > 1 else [heard]


def _pointed(scene: Scene, heard: Heard, names: Names) -> Heard:
    """`stop it`: whoever a question before was about last."""
    if heard.name.lower() not in POINTING:
        return heard
    for asked in reversed(scene.questions):
        before = hear(asked, names)
        if before.thing is not None and before.name.lower() not in POINTING:
            thing = before.thing
            return Heard(heard.intent, heard.ask, thing.name, heard.to, (thing,))
    return Heard(heard.intent, heard.ask)


def _run(scene: Scene, heard: Heard, names: Names) -> str:
    if heard.intent != "destroy" and (told := changes.no_tools_for(scene)) is not None:
        return told
    return _PLANS[heard.intent](scene, _settle(scene, heard, names))


def _settle(scene: Scene, heard: Heard, names: Names) -> Heard:
    """The same with its name found among guests and nodes, which are listed where need be."""
    thing = heard.thing
    if heard.intent not in _NAMED or (thing is not None and thing.kind != "name"):
        return heard
    known = any(one.kind == "guest" for one in names.things.values())
    perhaps = _NAMED_LAST if known else _PERHAPS_NAMED
    if thing is None and not perhaps.search(heard.ask):
        return heard
    listed = scene.need(want("list_nodes"), want("list_guests"), words="I will see who is meant.")
    for reading in listed:
        if reading is not None:
            names.take(reading)
    again = hear(heard.ask, names)
    return Heard(heard.intent, heard.ask, heard.name, heard.to, again.things)


def _follow(scene: Scene, heard: Heard, names: Names) -> str:
    """What refers to the question or the answer before."""
    if heard.intent == "confirm":
        offer = _OFFER.search(scene.last_answer)
        if offer is None:
            return _NOTHING_OFFERED
        verb = {"shut down": "stop"}.get(offer[1].lower(), offer[1].lower())
        return _run(scene, hear(f"{verb} {offer[2]}", names), names)
    before = _last_wish(scene, names)
    if heard.intent == "why":
        return _explain_why(scene, before, names)
    if heard.intent == "other":
        if before is None or before.intent != "hot":
            return "Which one do you mean? Name it, and I look."
        return _run(scene, Heard("hot", "temperatures"), names)
    name = heard.name
    if before is None or before.intent in ("status", "down"):
        return _run(scene, Heard("thing", heard.ask, name, things=heard.things), names)
    if before.intent in changes.POWER:
        return _offer_same(scene, before, heard)
    intent = before.intent if before.intent in _ABOUT_ONE else "thing"
    return _run(scene, Heard(intent, f"is {name}", name, things=heard.things), names)


def _offer_same(scene: Scene, before: Heard, heard: Heard) -> str:
    """Nothing is changed on the strength of a name alone: it is looked at, and offered."""
    thing = heard.thing or Thing("name", heard.name)
    if thing.kind == "node":
        return reads.tell_node(scene, thing)
    told = reads.tell_guest(scene, thing)
    if told == reads.NO_TOOLS or "could not be looked at" in told:
        return told
    return f"{told} Shall I {changes.POWER[before.intent].verb} {thing.name} as well?"


def _last_wish(scene: Scene, names: Names) -> Heard | None:
    """The last question that stood by itself."""
    for asked in reversed(scene.questions):
        heard = hear(asked, names)
        if heard.intent and heard.intent not in (*SMALLTALK, *FOLLOWING):
            return heard
    return None


def _explain_why(scene: Scene, before: Heard | None, names: Names) -> str:
    """What is on record about whoever was spoken of last."""
    if before is None:
        return "Why what? Nothing has been looked at yet."
    if not scene.talk.tools:
        return reads.NO_TOOLS
    things = before.things or tuple(names.find(scene.last_answer))
    guest = next((thing for thing in things if thing.kind == "guest"), None)
    if before.intent == "hot" and things:
        node = next((thing for thing in things if thing.kind == "node"), things[0])
        return reads.tell_heat(scene, Heard("hot", before.ask, node.name, things=(node,)))
    of_guest = {"guest": guest.name} if guest else {}
    look = want("search_events", text=guest.name) if guest else want("get_recent_events", most=8)
    events, tasks = scene.need(
        look, want("list_tasks", most=5, **of_guest), words="I will see what is on record."
    )
    return _tell_record(guest.label if guest else "it", events, tasks)


def _tell_record(who: str, events: Reading | None, tasks: Reading | None) -> str:
    parts: list[str] = []
    told = (
        (events, (("At", "^at$"), ("What", "^what happened$"))),
        (
            tasks,
            (
                ("Started", "^started$"),
                ("Kind", "^kind$"),
                ("Outcome", "^outcome$"),
                ("By", "^by$"),
            ),
        ),
    )
    for reading, columns in told:
        if reading is None:
            continue
        if not reading.went_well:
            parts.append(because_of(reading))
        elif reading.rows:
            parts.append(f"{headline(reading)}\n\n{table_of(reading.rows[:5], columns)}")
        else:
            parts.append(headline(reading))
    if not parts:
        return f"I have no tool at hand that tells what led to {who}."
    return "\n\n".join([*parts, "That is what is on record; a cause I do not know beyond it."])
