"""Orders in plain words: a verb, and a guest or node that is known by name or number."""

import re
from collections.abc import Iterator
from typing import Final

from simulator.llm.brain.names import Names, Thing
from simulator.llm.brain.reading import read
from simulator.llm.talk import Call, Talk

_VERBS: Final = (
    (r"force[- ]?stop|hard[- ]?stop|kill|stop|halt|turn off|switch off", "stop_{kind}"),
    (r"shut ?down|power (?:off|down)", "shutdown_{kind}"),
    (r"reboot|restart|power ?cycle", "reboot_{kind}"),
    (r"reset", "reset_{kind}"),
    (r"suspend|pause|freeze", "suspend_{kind}"),
    (r"start|boot|power on|turn on", "start_{kind}"),
    (r"destroy|delete|remove|erase|wipe|purge|nuke", "destroy_{kind}"),
    (r"back ?up", "start_backup"),
    (r"snapshot", "create_snapshot"),
    (r"wake(?: up)?", "wake_node"),
    (r"upgrade|update|patch", "upgrade_packages"),
)
_KIND: Final = (
    r"(?:\s+(?:the|a|my|this|that|all|every|vm|vmid|ct|guests?|nodes?|containers?|machines?"
    r"|virtual|hosts?|servers?|named|called|number|id|#))*"
)
_WISH: Final = re.compile(
    rf"\b(?P<verb>{'|'.join(pattern for pattern, _ in _VERBS)}){_KIND}[\s:`'\"(#]+"
    r"(?P<name>\d{3,9}|[A-Za-z][\w.-]{1,62})",
    re.IGNORECASE,
)
_SNAPSHOT: Final = re.compile(
    r"\b(?P<verb>delete|remove|roll ?back(?: to)?)\s+(?:the )?snapshots?\s+"
    r"[`'\"]?(?P<snapshot>[\w-]+)"
    r"[`'\"]?\s+(?:of|on|for|from)\s+(?:guest |vm )?(?P<name>[\w.-]+)",
    re.IGNORECASE,
)
_POWERS: Final = re.compile(
    r"\b(approve|open (?:an |the )?override|lift (?:the )?stand[- ]?down|disable (?:the )?gate)\b",
    re.IGNORECASE,
)


def find_wishes(text: str, talk: Talk) -> Iterator[Call]:
    """Each wish as a call."""
    for found in _SNAPSHOT.finditer(text):
        deletes = found["verb"].lower() in ("delete", "remove")
        tool = "delete_snapshot" if deletes else "rollback_snapshot"
        arguments = {"guest": found["name"].rstrip("."), "snapshot": found["snapshot"]}
        if (offered := talk.tool(tool)) is not None and "name" in offered.schema.get(
            "required", ()
        ):
            arguments["name"] = arguments.pop("snapshot")
        yield Call(tool=tool, arguments=arguments)
    wished = list(_WISH.finditer(text))
    names = _names(talk) if wished else Names()
    for found in wished:
        thing = _thing(found["name"].rstrip("."), names)
        if thing is None:
            continue
        form = next(
            form for pattern, form in _VERBS if re.fullmatch(pattern, found["verb"], re.IGNORECASE)
        )
        tool = form.format(kind="node" if thing.kind == "node" else "guest")
        place = "node" if thing.kind == "node" or tool.endswith(("_node", "_packages")) else "guest"
        yield Call(tool=tool, arguments={place: thing.name})
    for power in _POWERS.findall(text):
        words = re.findall(r"[a-z]+", power.lower())
        yield Call(tool="_".join(word for word in words if word not in ("the", "an")))


def _thing(name: str, names: Names) -> Thing | None:
    if name.isdigit():
        return Thing("guest", name)
    return names.things.get(name.lower())


def _names(talk: Talk) -> Names:
    names = Names()
    for turn in talk.turns:
        names.take(read(turn.text))
        for result in turn.results:
            names.take(read(result.text))
    return names
