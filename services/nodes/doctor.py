"""`jarvis doctor` over SSH: looks at each node step by step, and stops where no step can stand.

It changes nothing: a key that nobody has trusted is shown and stays untrusted.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor

import asyncssh

from services.clock import Clock
from services.cluster.client import EndpointClient, asking
from services.cluster.config import ClusterConfig
from services.cluster.diagnosis import Finding, Verdict
from services.cluster.errors import ClusterError
from services.cluster.parse_cluster import parse_cluster_status
from services.dialing import DialRefused, check_dialable
from services.nodes.commands import in_bash
from services.nodes.config import SSH_PORT, Address, NodesConfig
from services.nodes.diagnosis import Beforehand, NodeDiagnosis, SshDiagnosis, SshStep
from services.nodes.dial import Dial, dial, read_key
from services.nodes.door import CONNECT_TIMEOUT_S, Asked, translate
from services.nodes.errors import (
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    NodesError,
    SshNotConfigured,
)
from services.nodes.hostkeys import KNOWN_HOSTS_REMEDY, HostKeys
from services.nodes.running import Command
from services.tasks import Tasks

NEEDED = {
    "timeout": "coreutils",
    "pgrep": "procps",
    "choom": "util-linux",
    "prlimit": "util-linux",
}
"""Without these no command can be held to its time and its memory."""
WANTED = {"sensors": "lm-sensors", "smartctl": "smartmontools"}
OPTIONAL = ("zpool", "docker")
TIMEOUT_S = 15.0


class _Halt(Exception):
    """A step failed on which all later ones stand."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(finding.because)


def find_addresses(config: ClusterConfig, *, clock: Clock) -> Mapping[str, str]:
    """By node, the address the cluster tells; empty where no endpoint answers. It blocks."""
    with ThreadPoolExecutor(1, thread_name_prefix="doctor") as pool:
        for url in config.endpoints:
            client = EndpointClient(url, config, clock=clock, pool=pool)
            try:
                reading = client.ask(asking(parse_cluster_status, "cluster", "status"))
            except ClusterError:
                continue
            finally:
                client.close()
            return {name: reading.addresses.get(name, "") for name in reading.online}
    return {}


async def examine_nodes(
    config: NodesConfig, told: Mapping[str, str], *, keys: HostKeys, clock: Clock
) -> SshDiagnosis:
    """Look at every node of the settings and of `told`; never raises for what it finds."""
    at = clock.now()
    try:
        key = await asyncio.to_thread(read_key, config.key_file)
    except SshNotConfigured as error:
        return SshDiagnosis(
            at=at,
            because=error.because,
            remedy=error.remedy,
            broken=config.key_file is not None,
        )
    names = sorted({*config.addresses, *told})
    if not names:
        return SshDiagnosis(
            at=at, because="No node is known", remedy="Set SSH_NODES=name=host", broken=True
        )
    tasks = Tasks()
    try:
        nodes = await asyncio.gather(
            *(_examine(name, config, told, key, keys, clock, tasks) for name in names)
        )
    finally:
        await tasks.stop(because="every node was looked at")
    unread = keys.unread and Finding(
        step=Beforehand.KNOWN_HOSTS,
        verdict=Verdict.FAIL,
        because=keys.unread,
        remedy=KNOWN_HOSTS_REMEDY,
    )
    return SshDiagnosis(at=at, nodes=tuple(nodes), known_hosts=unread or None)


async def _examine(
    node: str,
    config: NodesConfig,
    told: Mapping[str, str],
    key: asyncssh.SSHKey,
    keys: HostKeys,
    clock: Clock,
    tasks: Tasks,
) -> NodeDiagnosis:
    address = config.addresses.get(node)
    if address is None and told.get(node):
        address = Address(host=told[node], port=SSH_PORT)
    findings: list[Finding] = []
    try:
        wanted = _wanted_of(node, config, told)
        async for finding in _steps(node, address, config, key, keys, wanted, clock, tasks):
            findings.append(finding)  # noqa: PERF401 -- a halt keeps those before it
    except _Halt as halt:
        findings.append(halt.finding)
    seen = {finding.step for finding in findings}
    findings += [
        Finding(step=step, verdict=Verdict.SKIPPED, because="An earlier step did not pass")
        for step in SshStep
        if step not in seen
    ]
    return NodeDiagnosis(
        node=node, address=str(address) if address else None, findings=tuple(findings)
    )


async def _steps(
    node: str,
    address: Address | None,
    config: NodesConfig,
    key: asyncssh.SSHKey,
    keys: HostKeys,
    wanted: Mapping[str, str],
    clock: Clock,
    tasks: Tasks,
) -> AsyncIterator[Finding]:
    if address is None:
        raise _Halt(
            _finding(
                SshStep.ADDRESS,
                Verdict.FAIL,
                f"Nobody has told where {node} is",
                f"Set SSH_NODES={node}=host",
            )
        )
    asked = Asked(node=node, address=address, user=config.user)
    whence = "SSH_NODES" if node in config.addresses else "the cluster"
    yield _finding(SshStep.ADDRESS, Verdict.OK, f"{address}, told by {whence}")
    yield await _connect(asked, loopback_only=config.loopback_only)
    try:
        connection = await dial(
            Dial(
                asked=asked,
                key=key,
                judge=lambda shown: keys.judge(node, address, shown),
                wanted_algorithms=keys.wanted_algorithms(node, address),
                loopback_only=config.loopback_only,
            ),
            lambda error: None,
        )
    except (HostKeyUnknown, HostKeyChanged) as error:
        raise _Halt(_distrust(error)) from error
    except LoginRefused as error:
        yield _trusted(node, address, keys)
        raise _Halt(_finding(SshStep.LOGIN, Verdict.FAIL, error.because, error.remedy)) from error
    except NodesError as error:
        raise _Halt(
            _finding(SshStep.HOST_KEY, Verdict.FAIL, error.because, error.remedy)
        ) from error
    try:
        yield _trusted(node, address, keys)
        yield _finding(SshStep.LOGIN, Verdict.OK, f"{config.user} is let in with Jarvis's key")
        yield await _look_for_programs(connection, asked, wanted, clock, tasks)
    finally:
        connection.close()


async def _connect(asked: Asked, *, loopback_only: bool) -> Finding:
    try:
        check_dialable(asked.address.host, loopback_only=loopback_only)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, writer = await asyncio.open_connection(asked.address.host, asked.address.port)
    except (OSError, DialRefused) as error:
        told = translate(error, asked)
        raise _Halt(_finding(SshStep.TCP, Verdict.FAIL, told.because, told.remedy)) from error
    writer.close()
    return _finding(SshStep.TCP, Verdict.OK, f"port {asked.address.port} is open")


def _distrust(error: HostKeyUnknown | HostKeyChanged) -> Finding:
    if isinstance(error, HostKeyChanged):
        return Finding(
            step=SshStep.HOST_KEY,
            verdict=Verdict.FAIL,
            because=error.because,
            remedy=error.remedy,
            facts={"fingerprint": error.fingerprint, "trusted": error.trusted},
        )
    return Finding(
        step=SshStep.HOST_KEY,
        verdict=Verdict.WARN,
        because=f"Nobody has trusted it yet: {error.fingerprint}",
        remedy=f"{error.remedy} on the page, or by `jarvis trust-host {error.node} "
        f"{error.fingerprint}`",
        facts={"fingerprint": error.fingerprint},
    )


def _trusted(node: str, address: Address, keys: HostKeys) -> Finding:
    shown = keys.shown(node)
    fingerprint = shown.fingerprint if shown else keys.trusted_fingerprint(node, address)
    return Finding(
        step=SshStep.HOST_KEY,
        verdict=Verdict.OK,
        because=f"trusted: {fingerprint}",
        facts={"fingerprint": fingerprint or "", "trusted": fingerprint or ""},
    )


async def _look_for_programs(
    connection: asyncssh.SSHClientConnection,
    asked: Asked,
    wanted: Mapping[str, str],
    clock: Clock,
    tasks: Tasks,
) -> Finding:
    programs = " ".join(dict.fromkeys([*NEEDED, *wanted, *WANTED, *OPTIONAL]))
    script = f"for p in {programs}; do command -v $p >/dev/null || echo $p; done"

    def start_kill(kill: Coroutine[None, None, bool]) -> asyncio.Task[bool]:
        return tasks.start(kill, name="doctor:kill")

    command = Command(
        in_bash(script), asked, timeout_s=TIMEOUT_S, stdin=None, clock=clock, start_kill=start_kill
    )
    try:
        result = await command.run(connection)
    except NodesError as error:
        return _finding(SshStep.PROGRAMS, Verdict.FAIL, error.because, error.remedy)
    missing = result.stdout.split()
    facts = {"missing": " ".join(missing)}
    # Where `timeout` or `env` is missing, not even this script has run.
    if not result.ok or any(program in missing for program in NEEDED):
        packages = " ".join(dict.fromkeys(NEEDED.values()))
        return Finding(
            step=SshStep.PROGRAMS,
            verdict=Verdict.FAIL,
            because=f"Commands cannot be run: {result.stderr.strip() or ' '.join(missing)}",
            remedy=f"apt install {packages} on {asked.node}",
            facts=facts,
        )
    lacking = [program for program in missing if program in wanted]
    if lacking:
        packages = " ".join(wanted[program] for program in lacking)
        return Finding(
            step=SshStep.PROGRAMS,
            verdict=Verdict.WARN,
            because=f"{_listed(lacking)} missing",
            remedy=f"apt install {packages} on {asked.node}",
            facts=facts,
        )
    without = f"; {_listed(missing)} not there, nor needed here" if missing else ""
    return Finding(
        step=SshStep.PROGRAMS,
        verdict=Verdict.OK,
        because=f"{_listed(list(wanted) or list(NEEDED))} there{without}",
        facts=facts,
    )


def _listed(names: list[str]) -> str:
    """`zpool is`, `zpool and docker are`, `sensors, zpool and docker are`."""
    *first, last = names
    together = f"{', '.join(first)} and {last}" if first else last
    return f"{together} {'are' if first else 'is'}"


def _wanted_of(node: str, config: NodesConfig, told: Mapping[str, str]) -> Mapping[str, str]:
    """What a node of the cluster has to tell of itself; a mere host of SSH_NODES need not."""
    wanted = dict(WANTED) if node in told or not told else {}
    if node == config.docker_node and config.docker_vmid is None:
        wanted["docker"] = "docker.io"
    return wanted


def _finding(step: SshStep, verdict: Verdict, because: str, remedy: str | None = None) -> Finding:
    return Finding(step=step, verdict=verdict, because=because, remedy=remedy)
