"""The cluster and its nodes, looked at step by step; their host keys, trusted and forgotten."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import (
    cluster_settings,
    log_errors_alone,
    read_settings,
    warn_of_unknown_settings,
)
from cli.told import fail
from settings import Settings

if TYPE_CHECKING:
    from services.nodes.config import Address, NodesConfig
    from services.nodes.diagnosis import SshDiagnosis
    from services.nodes.hostkeys import HostKeys

commands = typer.Typer()


@commands.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Ask the running demo's homelab.")] = False,
) -> None:
    """Tell, for each endpoint of Proxmox and each node over SSH, what works and what does not."""
    from cli.here import look_here
    from services.clock import SystemClock
    from services.cluster.config import cluster_config
    from services.cluster.doctor import examine

    settings = cluster_settings(demo=demo, otherwise="Beside a running demo, add --demo.")
    warn_of_unknown_settings()
    # The folder and the port of a running demo are its own affair.
    here = None if demo else look_here(settings)
    diagnosis = examine(cluster_config(settings), clock=SystemClock())
    ssh = _look_at_nodes(settings)
    parts = [part for part in (here, diagnosis, ssh) if part is not None]
    failed = any(part.failed for part in parts)
    if as_json:
        told = {**diagnosis.as_json(), "failed": failed, "ssh": ssh.as_json()}
        told["here"] = here.as_json() if here else None
        typer.echo(json.dumps(told, indent=2))
    else:
        typer.echo("\n".join(part.as_text() for part in parts))
    raise typer.Exit(1 if failed else 0)


@commands.command("trust-host")
def trust_host(
    node: Annotated[str, typer.Argument(help="Node, as Proxmox or SSH_NODES names it.")],
    fingerprint: Annotated[str, typer.Argument(help="SHA256:… that its own screen shows.")],
) -> None:
    """Trust the SSH host key of a node, if it shows that very one; Jarvis must not be running."""
    from services.nodes.config import nodes_config
    from services.nodes.trusting import trust_host as trust

    settings = read_settings()
    log_errors_alone(settings)
    config = nodes_config(settings)
    address = _find_address(settings, config, node)

    async def work(keys: "HostKeys") -> str:
        by = settings.jarvis_owner
        trusted = await trust(config, node, address, fingerprint, keys=keys, by=by)
        return "is trusted from now on" if trusted.is_new else "was trusted already"

    typer.echo(f"{fingerprint} of {node} {_with_host_keys(settings, config, work)}")


@commands.command("forget-host")
def forget_host(
    node: Annotated[str, typer.Argument(help="Node whose host key has changed for a reason.")],
    fingerprint: Annotated[str, typer.Argument(help="SHA256:… that was trusted until now.")],
) -> None:
    """Withdraw the trust in the SSH host key of a node; Jarvis must not be running."""
    from services.nodes.config import nodes_config

    settings = read_settings()
    log_errors_alone(settings)

    async def work(keys: "HostKeys") -> str:
        await keys.forget(node, fingerprint, by=settings.jarvis_owner)
        return "is no longer trusted; the next key it shows waits for you"

    typer.echo(f"{fingerprint} of {node} {_with_host_keys(settings, nodes_config(settings), work)}")


def _look_at_nodes(settings: Settings) -> "SshDiagnosis":
    """Every node step by step, with the host keys of the database, or of a copy of it.

    A copy, because a running Jarvis has its folder to itself; where the database cannot be read, an
    empty one takes its place, and the diagnosis tells why.
    """
    from db import Database
    from db.errors import DatabaseError
    from db.maintenance import back_up
    from services.clock import SystemClock
    from services.cluster.config import cluster_config
    from services.cluster.diagnosis import Finding, Verdict
    from services.nodes.config import nodes_config
    from services.nodes.diagnosis import Beforehand
    from services.nodes.doctor import examine_nodes, find_addresses
    from services.nodes.hostkeys import HostKeys, KnownHosts

    log_errors_alone(settings)
    config, clock = nodes_config(settings), SystemClock()

    async def read_keys(copy: Database, *, of: Database | None) -> HostKeys:
        if of is not None and of.path.exists():
            await back_up(of, copy.path)
        copy.open()
        keys = HostKeys(copy, clock=clock, known_hosts=KnownHosts(config.known_hosts_file))
        await keys.load()
        return keys

    async def look(folder: Path) -> "SshDiagnosis":
        own = Database(settings.jarvis_data_dir, slow_query_ms=float("inf"))
        copy = Database(folder / "copy", slow_query_ms=float("inf"))
        empty = Database(folder / "empty", slow_query_ms=float("inf"))
        wrong: Finding | None = None
        for each in (copy, empty):
            each.path.parent.mkdir()
        try:
            try:
                keys = await read_keys(copy, of=own)
            except (DatabaseError, sqlite3.Error, OSError) as error:
                wrong = Finding(
                    step=Beforehand.DATABASE,
                    verdict=Verdict.FAIL,
                    # Of the copy, whose place means nothing to anybody.
                    because=str(error).replace(str(copy.path), str(own.path)),
                    remedy=f"No trusted host key of {own.path} is known to this report",
                )
                keys = await read_keys(empty, of=None)
            told = find_addresses(cluster_config(settings), clock=clock)
            found = await examine_nodes(config, told, keys=keys, clock=clock)
            return replace(found, database=wrong)
        finally:
            for each in (copy, empty):
                each.close()

    with TemporaryDirectory() as folder:
        return asyncio.run(look(Path(folder)))


def _find_address(settings: Settings, config: "NodesConfig", node: str) -> "Address":
    from services.clock import SystemClock
    from services.nodes.config import SSH_PORT, Address
    from services.nodes.doctor import find_addresses

    if (address := config.addresses.get(node)) is not None:
        return address
    told: Mapping[str, str] = {}
    if not settings.missing_for_proxmox():
        from services.cluster.config import cluster_config

        told = find_addresses(cluster_config(settings), clock=SystemClock())
    if not told.get(node):
        fail(f"Nobody has told where {node} is; set SSH_NODES={node}=host.", code=1)
    return Address(host=told[node], port=SSH_PORT)


def _with_host_keys(
    settings: Settings, config: "NodesConfig", work: "Callable[[HostKeys], Awaitable[str]]"
) -> str:
    """Do it on the database itself, which nobody else may have open."""
    from db import Database
    from db.errors import DatabaseError, DatabaseInUse
    from services.clock import SystemClock
    from services.nodes.errors import NodesError
    from services.nodes.hostkeys import HostKeys, KnownHosts

    database = Database(settings.jarvis_data_dir, slow_query_ms=settings.slow_query_ms)

    async def on_loop() -> str:
        known_hosts = KnownHosts(config.known_hosts_file)
        keys = HostKeys(database, clock=SystemClock(), known_hosts=known_hosts)
        await keys.load()
        return await work(keys)

    try:
        database.open()
        try:
            return asyncio.run(on_loop())
        finally:
            database.close()
    except DatabaseInUse:
        fail("Jarvis is running: use its page, where the host keys of the nodes stand.", code=1)
    except (DatabaseError, NodesError) as error:
        fail(str(error), code=1)
