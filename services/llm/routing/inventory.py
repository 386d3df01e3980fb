"""The names of the house as the router looks them up: prepared once, used for every message."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.cluster.model import ClusterSnapshot
from services.llm.routing.folding import fold
from services.llm.routing.spelling import NearWords
from services.llm.routing.words import parts as p
from services.llm.routing.words.vocabulary import COMMON_WORDS, FOREIGN_WORDS, GERMAN

LONGEST_NAME_PARTS = 4
"""How many words a name may fall into (`my dev box 2`)."""

WORDS_FIRST = p.FUNCTION | p.SOCIAL | p.METRIC | p.EVENT | p.STATE | p.HAPPENING | p.LOOKING
"""A guest that is called `status` is not meant by everyone who says so."""
VERBS_FIRST = p.ACTION | p.HANDLING | p.WRITING | p.TEACHING


class Plainness(StrEnum):
    """How much it means that a name was said."""

    OWN = "own"
    """No word of any language: who says `k3s-1` means it."""
    KNOWN = "known"
    """A program or technology by that name is known everywhere: grafana."""
    COMMON = "common"
    """A word of everyday speech: home, media."""
    WORD = "word"
    """A word of this trade: it is taken for the name only beside what it names (`vm status`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One thing of the house that can be called by name."""

    name: str
    what: str
    """`node`, `guest`, `storage`, `container`, `pool`, `tag`, `group`."""
    plainness: Plainness
    vmid: int | None = None

    @property
    def words(self) -> str:
        """For a person: `the guest media`."""
        return f"the {self.what} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The names of the house, indexed. Build it with `Inventory.of` or `from_snapshot`."""

    names: Mapping[str, Named]
    """Folded name to what it names."""
    joined: Mapping[str, Named]
    """The same without hyphens and spaces: `devbox`."""
    spaced: Mapping[tuple[str, ...], Named]
    """The same as the words it falls into: `dev`, `box`."""
    vmids: Mapping[int, Named]
    near: NearWords = field(repr=False)
    key: tuple[object, ...] = field(default=(), repr=False)
    """What it was built from: equal keys, equal inventories."""

    @classmethod
    def of(cls, named: Iterable[Named], key: tuple[object, ...] = ()) -> "Inventory":
        """Index these names; of two with the same name the first one stays."""
        names: dict[str, Named] = {}
        joined: dict[str, Named] = {}
        spaced: dict[tuple[str, ...], Named] = {}
        vmids: dict[int, Named] = {}
        for one in named:
            if one.vmid is not None:
                vmids.setdefault(one.vmid, one)
            if not (folded := fold(one.name)):
                continue
            names.setdefault(folded, one)
            pieces = tuple(_pieces(folded))
            if 1 < len(pieces) <= LONGEST_NAME_PARTS:
                spaced.setdefault(pieces, one)
                joined.setdefault("".join(pieces), one)
        return cls(
            names=names,
            joined=joined,
            spaced=spaced,
            vmids=vmids,
            near=NearWords([*names, *joined]),
            key=key,
        )

    @classmethod
    def from_snapshot(
        cls, snapshot: ClusterSnapshot, containers: Iterable[str] = ()
    ) -> "Inventory":
        """Everything the cluster has by name; `containers` are Docker's, by name."""
        return cls.of(_named(snapshot, containers), _key(snapshot, containers))


EMPTY_INVENTORY = Inventory.of(())
"""Before the first reading."""


class InventoryShelf:
    """Keeps the inventory of the newest snapshot; built anew only when a name has changed."""

    def __init__(self) -> None:
        self._kept = EMPTY_INVENTORY

    def take(self, snapshot: ClusterSnapshot, containers: Iterable[str] = ()) -> Inventory:
        """The inventory of this snapshot."""
        containers = tuple(containers)
        if self._kept.key != _key(snapshot, containers):
            self._kept = Inventory.from_snapshot(snapshot, containers)
        return self._kept


def _key(snapshot: ClusterSnapshot, containers: Iterable[str]) -> tuple[object, ...]:
    return (
        tuple(snapshot.nodes),
        tuple((g.vmid, g.name, g.tags, g.pool, g.template) for g in snapshot.guests.values()),
        tuple(s.storage for s in snapshot.storages.values()),
        tuple(containers),
    )


def _named(snapshot: ClusterSnapshot, containers: Iterable[str]) -> Iterable[Named]:
    for node in snapshot.nodes:
        yield _judged(node, "node")
    stems: dict[str, int] = {}
    for guest in snapshot.guests.values():
        if guest.name is None:
            yield Named(
                name=str(guest.vmid), what="guest", plainness=Plainness.OWN, vmid=guest.vmid
            )
            continue
        yield _judged(guest.name, "guest", vmid=guest.vmid, template=guest.template)
        if stem := fold(guest.name).rstrip("0123456789").rstrip("-_."):
            stems[stem] = stems.get(stem, 0) + 1
    for storage in snapshot.storages.values():
        yield _judged(storage.storage, "storage")
    for container in containers:
        yield _judged(container, "container")
    for stem, count in stems.items():
        if count > 1:
            yield _judged(stem, "group", loose=True)
    for guest in snapshot.guests.values():
        if guest.pool:
            yield _judged(guest.pool, "pool", loose=True)
        for tag in guest.tags:
            yield _judged(tag, "tag", loose=True)


def _judged(
    name: str,
    what: str,
    *,
    vmid: int | None = None,
    template: bool = False,
    loose: bool = False,
) -> Named:
    plainness = judge_plainness(fold(name))
    if plainness is Plainness.OWN and (loose or template):
        plainness = Plainness.KNOWN
    elif plainness is Plainness.KNOWN and what in ("tag", "pool"):
        plainness = Plainness.WORD
    return Named(name=name, what=what, plainness=plainness, vmid=vmid)


def judge_plainness(folded: str) -> Plainness:
    """How much it means when someone says this word, given everything else that it can mean."""
    parts = GERMAN.get(folded, 0)
    if parts & (WORDS_FIRST | VERBS_FIRST):
        return Plainness.WORD
    if parts & p.TECHNOLOGY:
        return Plainness.KNOWN
    if parts or folded in COMMON_WORDS or folded in FOREIGN_WORDS:
        return Plainness.COMMON
    return Plainness.OWN


def _pieces(folded: str) -> list[str]:
    for mark in "_.":
        folded = folded.replace(mark, "-")
    return [piece for piece in folded.replace(" ", "-").split("-") if piece]
