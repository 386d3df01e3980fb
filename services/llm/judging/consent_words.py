"""The words by which a person asks for what is easily undone, tool by tool.

English first, with the German and French that everyone uses; folded as the router folds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of change in a person's words."""

    verbs: frozenset[str]
    objects: frozenset[str] = frozenset()
    """Words one of which must be there too; none where the verb says enough."""
    without: frozenset[str] = frozenset()
    """Words that make it another kind."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text, to be looked up in."""
    return frozenset(text.split())


_STARTING: Final = words_of(
    "start boot launch spin bring fire power turn switch starte starten hochfahren fahr fahre "
    "anschalten einschalten schalte schalt mach demarre demarrer lance lancer allume allumer wake "
    "weck wecke aufwecken reveille reveiller run"
)
_RESTARTING: Final = words_of(
    "restart reboot bounce recycle reload neustarten neustart starte redemarre redemarrer relance "
    "relancer"
)
_MAKING: Final = words_of(
    "take make create do run start trigger perform erstelle erstellen mach mache machen fais fait "
    "faire cree creer prends prendre lance kick begin"
)
_BACKUPS: Final = words_of("backup back-up backups sicherung sicherungen sauvegarde sauvegardes")
_SNAPSHOTS: Final = words_of("snapshot snapshots schnappschuss instantane")
_OFF: Final = words_of("off down aus ab runter herunter")
NOT_NOW: Final = words_of(
    "unless when once after until till later tonight tomorrow soon "
    "sobald nachdem bis spater morgen quand apres demain"
)
"""Words by which an order is for another moment than this one."""
BESIDE: Final = words_of(
    "delete remove drop prune purge rollback roll-back restore revert stop cancel abort list order "
    "status history log logs time times losche loschen entferne entfernen stoppe stoppen "
    "zuruckrollen supprime supprimer arrete arreter annule annuler"
)
"""Words beside which none of these is asked for: `delete the snapshot`, `stop the backup`."""
_ELSEWHERE: Final = words_of("from von aus depuis")
_OTHER_THINGS: Final = (
    _BACKUPS | _SNAPSHOTS | words_of("update updates upgrade task job replication")
)
KINDS: Final[Mapping[str, tuple[Kind, ...]]] = MappingProxyType(
    {
        "start_guest": (Kind(verbs=_STARTING, without=_OFF | _OTHER_THINGS),),
        "resume_guest": (
            Kind(
                verbs=_STARTING | words_of("resume unpause continue unfreeze fortsetzen reprends"),
                without=_OFF | _OTHER_THINGS,
            ),
        ),
        "wake_node": (Kind(verbs=_STARTING, without=_OFF | _OTHER_THINGS),),
        "start_container": (Kind(verbs=_STARTING, without=_OFF | _OTHER_THINGS),),
        "restart_container": (Kind(verbs=_RESTARTING),),
        "restart_service": (Kind(verbs=_RESTARTING),),
        "create_snapshot": (
            Kind(verbs=words_of("snapshot snap")),
            Kind(verbs=_MAKING, objects=_SNAPSHOTS, without=_ELSEWHERE),
        ),
        "start_backup": (
            Kind(verbs=words_of("backup back-up sichere sichern sauvegarde sauvegarder")),
            Kind(verbs=words_of("back"), objects=words_of("up")),
            Kind(verbs=_MAKING, objects=_BACKUPS, without=_ELSEWHERE),
        ),
        "refresh_apt_cache": (
            Kind(
                verbs=words_of("refresh update check look fetch reload aktualisiere"),
                objects=words_of("update updates apt package packages lists list paketlisten"),
            ),
        ),
        "acknowledge_event": (
            Kind(verbs=words_of("acknowledge ack dismiss clear note mark bestatige acquitte")),
        ),
    }
)
"""By tool, how a person asks for it. A tool that is not here always asks."""
