"""What the `jarvis` command does about the nodes over SSH: look at them, trust and forget keys."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from services.nodes.config import Address, NodesConfig
    from services.nodes.diagnosis import SshDiagnosis
    from services.nodes.hostkeys import HostKeys

host_keys = typer.Typer()
"""Its commands stand beside the others of `jarvis`."""


def look_at_nodes(settings: Settings) -> "SshDiagnosis":
    """Every node step by step, with the host keys of the database, or of a copy of it.

    A copy, because a running Jarvis has its folder to itself. Raises DatabaseError.
    """
    from app import cluster_config
    from db import Database
    from db.database import FILE_NAME
    from db.maintenance import back_up
    from services.clock import SystemClock
    from services.nodes.config import nodes_config
    from services.nodes.doctor import examine_nodes, find_addresses
    from services.nodes.hostkeys import HostKeys, KnownHosts

    _log_errors_alone(settings)
    config, clock = nodes_config(settings), SystemClock()

    async def look(folder: Path) -> "SshDiagnosis":
        own = Database(settings.jarvis_data_dir, slow_query_ms=float("inf"))
        if own.path.exists():
            await back_up(own, folder / FILE_NAME)
        copy = Database(folder, slow_query_ms=float("inf"))
        copy.open()
        try:
            keys = HostKeys(copy, clock=clock, known_hosts=KnownHosts(config.known_hosts_file))
            await keys.load()
            told = find_addresses(cluster_config(settings), clock=clock)
            return await examine_nodes(config, told, keys=keys, clock=clock)
        finally:
            copy.close()

    with TemporaryDirectory() as folder:
        return asyncio.run(look(Path(folder)))


@host_keys.command("trust-host")
def trust_host(
    node: Annotated[str, typer.Argument(help="Node, as Proxmox or SSH_NODES names it.")],
    fingerprint: Annotated[str, typer.Argument(help="SHA256:… that its own screen shows.")],
) -> None:
    """Trust the SSH host key of a node, if it shows that very one; Jarvis must not be running."""
    from services.nodes.config import nodes_config
    from services.nodes.trusting import trust_host as trust

    settings = _settings()
    config = nodes_config(settings)
    address = _address(settings, config, node)

    async def work(keys: "HostKeys") -> str:
        by = settings.jarvis_owner
        trusted = await trust(config, node, address, fingerprint, keys=keys, by=by)
        return "is trusted from now on" if trusted.is_new else "was trusted already"

    typer.echo(f"{fingerprint} of {node} {_with_host_keys(settings, config, work)}")


@host_keys.command("forget-host")
def forget_host(
    node: Annotated[str, typer.Argument(help="Node whose host key has changed for a reason.")],
    fingerprint: Annotated[str, typer.Argument(help="SHA256:… that was trusted until now.")],
) -> None:
    """Withdraw the trust in the SSH host key of a node; Jarvis must not be running."""
    from services.nodes.config import nodes_config

    settings = _settings()

    async def work(keys: "HostKeys") -> str:
        await keys.forget(node, fingerprint, by=settings.jarvis_owner)
        return "is no longer trusted; the next key it shows waits for you"

    typer.echo(f"{fingerprint} of {node} {_with_host_keys(settings, nodes_config(settings), work)}")


def _settings() -> Settings:
    try:
        settings = load_settings()
    except SettingsError as error:
        _fail(*error.problems, code=2)
    _log_errors_alone(settings)
    return settings


def _log_errors_alone(settings: Settings) -> None:
    """What a command finds it says itself."""
    from services.logs import configure_logs

    configure_logs("error", settings.jarvis_log_format)


def _address(settings: Settings, config: "NodesConfig", node: str) -> "Address":
    from services.clock import SystemClock
    from services.nodes.config import SSH_PORT, Address
    from services.nodes.doctor import find_addresses

    if (address := config.addresses.get(node)) is not None:
        return address
    told: Mapping[str, str] = {}
    if not settings.missing_for_proxmox():
        from app import cluster_config

        told = find_addresses(cluster_config(settings), clock=SystemClock())
    if not told.get(node):
        _fail(f"Nobody has told where {node} is; set SSH_NODES={node}=host.")
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
        _fail("Jarvis is running: use its page, where the host keys of the nodes stand.")
    except (DatabaseError, NodesError) as error:
        _fail(str(error))


def _fail(*lines: str, code: int = 1) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(code)
