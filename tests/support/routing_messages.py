"""The labelled messages of the router, the house they are about, and noise to put on them."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.cluster.model import (
    ClusterSnapshot,
    GuestKind,
    GuestSnapshot,
    GuestState,
    NodeSnapshot,
    NodeState,
    StorageSnapshot,
)
from services.llm.messages import ProviderName
from services.llm.routing import Conversation, Inventory
from simulator.world.layout import make_guests, make_nodes, make_storages

OWN = Path(__file__).parents[1] / "data" / "routing"
PUBLIC = Path(__file__).parents[3] / "shared" / "fixtures" / "llm"
AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A message, what was said before it, and whether it needs tools."""

    text: str
    needs_tools: bool
    kind: str
    conversation: Conversation = Conversation()  # noqa: RUF009 - frozen


def labelled(name: str) -> list[Labelled]:
    """`messages`, which was tuned on; `held_out` and `adversarial`, which were not."""
    rows = (OWN / f"{name}.jsonl").read_text().splitlines()
    return [_labelled(json.loads(row)) for row in rows]


def _labelled(row: dict[str, object]) -> Labelled:
    before = dict(row.get("conversation") or {})  # type: ignore[call-overload]
    if provider := before.get("last_provider"):
        before["last_provider"] = ProviderName(provider)
    for told in ("last_subjects", "last_user_text"):  # in the lists, and not looked at
        before.pop(told, None)
    return Labelled(
        text=str(row["text"]),
        needs_tools=bool(row["needs_tools"]),
        kind=str(row["kind"]),
        conversation=Conversation(**before),
    )


def public_questions(name: str) -> list[str]:
    """Messages of a public list that need no tool; empty where the list is absent."""
    path = PUBLIC / f"{name}.json"
    return [row["text"] for row in json.loads(path.read_text())] if path.is_file() else []


def demo_inventory() -> Inventory:
    """The names of the homelab that `jarvis demo` shows."""
    nodes = make_nodes(1, 4, 0.0)
    guests = make_guests(1, 20, nodes, 0.0)
    return Inventory.from_snapshot(
        ClusterSnapshot(
            taken_at=AT,
            nodes={
                name: NodeSnapshot(name=name, state=NodeState.ONLINE, state_since=AT)
                for name in nodes
            },
            guests={
                vmid: GuestSnapshot(
                    vmid=vmid,
                    kind=GuestKind(guest.kind),
                    node=guest.node,
                    state=GuestState.RUNNING,
                    state_since=AT,
                    name=guest.name,
                    tags=tuple(guest.tags),
                    pool=guest.pool,
                    template=guest.template,
                )
                for vmid, guest in guests.items()
            },
            storages={
                f"storage/{node}/{storage.name}": StorageSnapshot(
                    node=node, storage=storage.name, active=True
                )
                for storage in make_storages(1, nodes)
                for node in storage.nodes
            },
        )
    )


Noise = Callable[[str, random.Random], str]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BEFORE = (
    "please ", "hey jarvis, ", "could you please tell me: ", "hi, ", "hello jarvis ", "ok so ",
    "um, ", "sorry to bother you, ", "quick question: ", "jarvis, ", "good morning! ",
    "excuse me sir, ",
)  # fmt: skip
_AFTER = (
    " please", ", thanks", " thank you!", " pls", ", jarvis", " if you don't mind", " :)",
    ", thanks in advance", " when you have a minute", ", cheers", " sir",
)  # fmt: skip
_GREETED = (
    "hallo, ", "guten morgen jarvis, ", "moin, ", "servus! ", "guten abend. ", "bonjour, ",
    "salut jarvis, ", "bonsoir! ", "grüß gott, ", "coucou, ",
)  # fmt: skip


def with_a_typo(text: str, chance: random.Random) -> str:
    """One slip in one word of four letters or more: swapped, missing, doubled or wrong."""
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    if not long:
        return text
    place = chance.choice(long)
    word = words[place]
    at = chance.randrange(1, len(word) - 1)
    match chance.randrange(4):
        case 0:
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            word = word[:at] + word[at + 1 :]
        case 2:
            word = word[:at] + word[at] + word[at:]
        case _:
            word = word[:at] + chance.choice(_LETTERS) + word[at + 1 :]
    words[place] = word
    return " ".join(words)


def in_another_case(text: str, chance: random.Random) -> str:
    """Shouted, in titles, or as a broken shift key has it."""
    match chance.randrange(4):
        case 0:
            return text.upper()
        case 1:
            return text.title() if "'" not in text else text.capitalize()
        case 2:
            return text.lower()
        case _:
            return "".join(sign.upper() if chance.random() < 0.5 else sign for sign in text)


def made_polite(text: str, chance: random.Random) -> str:
    """A courtesy before, behind, or both."""
    before = chance.choice(_BEFORE) if chance.random() < 0.7 else ""
    after = chance.choice(_AFTER) if not before or chance.random() < 0.4 else ""
    stripped = text.rstrip("?!. ") if after else text
    return f"{before}{stripped}{after}"


def greeted_abroad(text: str, chance: random.Random) -> str:
    """A German or French greeting first."""
    return f"{chance.choice(_GREETED)}{text}"


def with_loose_marks(text: str, chance: random.Random) -> str:
    """Marks doubled, dropped, or spaced out."""
    match chance.randrange(4):
        case 0:
            return text.rstrip("?!.") + chance.choice(("??", "!!!", "...", " ?", "?!"))
        case 1:
            return text.replace("?", "").replace(",", "").replace("'", "")
        case 2:
            return f"  {text.replace(' ', '  ')} "
        case _:
            return f"...{text}" if chance.random() < 0.5 else f"{text} 🙂"


NOISES: dict[str, Noise] = {
    "typo": with_a_typo,
    "case": in_another_case,
    "politeness": made_polite,
    "greeting": greeted_abroad,
    "marks": with_loose_marks,
}


def variants(text: str, seed: int) -> Iterator[tuple[str, str]]:
    """The name of each noise, and the message with it."""
    for name, noise in NOISES.items():
        yield name, noise(text, random.Random(f"{seed} {name} {text}"))
