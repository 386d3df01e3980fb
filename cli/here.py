"""`jarvis doctor` on this machine: the folder, the page's port, and names nothing answers to."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from services.clock import SystemClock
from services.cluster.client import EndpointClient, asking
from services.cluster.config import cluster_config
from services.cluster.diagnosis import Finding, Verdict
from services.cluster.errors import ClusterError
from services.cluster.parse_resources import ResourcesReading, parse_resources
from settings import Settings

LITTLE_ROOM_BYTES = 100 * 1024**2


class HereStep(StrEnum):
    """What is looked at on this machine and in the settings."""

    DATA = "data"
    PAGE = "page"
    GUESTS = "guests"
    NODES = "nodes"


@dataclass(frozen=True, slots=True, kw_only=True)
class HereDiagnosis:
    """What was found here."""

    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether any step failed."""
        return any(finding.verdict is Verdict.FAIL for finding in self.findings)

    def as_text(self) -> str:
        """For a person at a terminal."""
        lines = [line for finding in self.findings for line in finding.as_lines()]
        return "\n".join(["This machine", *lines, ""])

    def as_json(self) -> list[dict[str, object]]:
        """For a machine; only text."""
        return [finding.as_json() for finding in self.findings]


def look_here(settings: Settings) -> HereDiagnosis:
    """Look at the folder, the port and the names of the settings; changes nothing. It blocks."""
    from db import Database

    folder = settings.jarvis_data_dir.absolute()
    in_use = Database(folder, slow_query_ms=float("inf")).is_in_use()
    findings = [_data(folder, in_use=in_use), _page(settings, in_use=in_use)]
    seen = _ask_cluster(settings)
    if seen is not None:
        findings += _guests(settings, seen)
        findings += _nodes(settings, seen)
    return HereDiagnosis(findings=tuple(findings))


def _data(folder: Path, *, in_use: bool) -> Finding:
    # Not Path.exists, which raises where a folder above may not be entered.
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    file = folder / "jarvis.db"
    wanted = {there: os.R_OK | os.W_OK | os.X_OK, file: os.R_OK | os.W_OK}
    barred = next(
        (
            each
            for each, mode in wanted.items()
            if os.path.lexists(each) and not os.access(each, mode)
        ),
        None,
    )
    if not there.is_dir():
        because = f"{there} is no folder"
    elif barred is not None:
        because = f"{barred} cannot be written to by this user"
    else:
        free = shutil.disk_usage(there).free
        told = "a running Jarvis has it to itself" if in_use else "it can be written to"
        if free >= LITTLE_ROOM_BYTES:
            return Finding(step=HereStep.DATA, verdict=Verdict.OK, because=f"{folder}: {told}")
        return Finding(
            step=HereStep.DATA,
            verdict=Verdict.WARN,
            because=f"{folder} has {free / 1024**2:.0f} MiB left",
            remedy="Make room on that disk, or name another folder in JARVIS_DATA_DIR",
        )
    return Finding(
        step=HereStep.DATA,
        verdict=Verdict.FAIL,
        because=because,
        remedy="Name a folder in JARVIS_DATA_DIR that the user Jarvis runs as may write to",
    )


def _page(settings: Settings, *, in_use: bool) -> Finding:
    at = f"{settings.jarvis_host}, port {settings.jarvis_port}"
    if in_use:
        told = f"{at} was not tried: the running Jarvis has its page there"
        return Finding(step=HereStep.PAGE, verdict=Verdict.OK, because=told)
    from pages.server import listen

    try:
        for opened in listen(settings.jarvis_host, settings.jarvis_port):
            opened.close()
    except OSError as error:
        return Finding(
            step=HereStep.PAGE,
            verdict=Verdict.FAIL,
            because=f"Jarvis cannot listen on {at}: {error.strerror}",
            remedy="Set JARVIS_PORT or JARVIS_HOST, or end what listens there",
        )
    return Finding(step=HereStep.PAGE, verdict=Verdict.OK, because=f"{at} is free")


def _ask_cluster(settings: Settings) -> ResourcesReading | None:
    config, clock = cluster_config(settings), SystemClock()
    with ThreadPoolExecutor(1, thread_name_prefix="doctor") as pool:
        for url in config.endpoints:
            client = EndpointClient(url, config, clock=clock, pool=pool)
            try:
                return client.ask(asking(parse_resources, "cluster", "resources"))
            except ClusterError:
                continue
            finally:
                client.close()
    return None


def _guests(settings: Settings, seen: ResourcesReading) -> Iterator[Finding]:
    """A number that is mistyped protects nobody, and nothing else would ever say so."""
    named = [
        ("JARVIS_VMID", settings.jarvis_vmid),
        *(("JARVIS_PROTECTED_VMIDS", vmid) for vmid in settings.jarvis_protected_vmids),
        ("JARVIS_DOCKER_VMID", settings.jarvis_docker_vmid),
    ]
    given = [(name, vmid) for name, vmid in named if vmid is not None]
    for name, vmid in given:
        if vmid not in seen.guests:
            yield Finding(
                step=HereStep.GUESTS,
                verdict=Verdict.FAIL,
                because=f"{name} names {vmid}, and the cluster shows no such guest",
                remedy=f"Mend {name}, or let the token see that guest",
            )
    if given and all(vmid in seen.guests for _, vmid in given):
        told = ", ".join(f"{name} {vmid}" for name, vmid in given)
        yield Finding(step=HereStep.GUESTS, verdict=Verdict.OK, because=f"there: {told}")


def _nodes(settings: Settings, seen: ResourcesReading) -> Iterator[Finding]:
    named = [("WOL_MACS", node) for node in settings.network_cards() if node not in seen.nodes]
    docker = settings.jarvis_docker_node
    if docker is not None and docker not in {*seen.nodes, *settings.node_addresses()}:
        named.append(("JARVIS_DOCKER_NODE", docker))
    for name, node in named:
        yield Finding(
            step=HereStep.NODES,
            verdict=Verdict.WARN,
            because=f"{name} names {node}, and the cluster has no such node",
            remedy=f"Mend {name}; the nodes are {', '.join(sorted(seen.nodes))}",
        )
