"""The connection to a node: whose key is trusted, who may come in, what is told when it fails."""

import asyncio
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import asyncssh
import pytest

from db.queries.audit import find_audit
from db.queries.host_keys import find_host_keys
from services.cluster.changes_nodes import NodeCameUp
from services.cluster.model import NodeState
from services.nodes.config import Address
from services.nodes.errors import (
    DialForbidden,
    HostKeyChanged,
    HostKeyNotShown,
    HostKeyUnknown,
    LoginRefused,
    NodeAway,
    NodeNotKnown,
    NodesError,
    SshNotConfigured,
)
from services.nodes.happenings import (
    HostKeyForgotten,
    HostKeyRefused,
    HostKeyTrusted,
    HostKeyWaits,
    SshLost,
    SshRecovered,
)
from services.nodes.link import IDLE_S
from services.nodes.model import LinkState, NodeLink
from tests.support.clusters import NOON, make_node
from tests.support.openssh import OpenSsh, needs_openssh, running_openssh
from tests.support.ssh_house import SshHouse, config_for, ssh_house
from tests.support.turned_clock import TurnedClock
from tests.support.waiting import until

pytestmark = needs_openssh


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OpenSsh]:
    with running_openssh(tmp_path / "openssh") as running:
        yield running


def link_of(house: SshHouse, node: str = "pve") -> NodeLink:
    return {link.node: link for link in house.nodes.host_keys()}[node]


async def test_a_first_key_waits_for_a_person_and_nothing_is_sent_before(
    server: OpenSsh, tmp_path: Path
) -> None:
    config = config_for(server, known_hosts_file=None)
    async with ssh_house(tmp_path / "data", config) as house:
        with pytest.raises(HostKeyUnknown) as raised:
            await house.nodes.run("pve", ["true"])

        assert raised.value.fingerprint == server.fingerprint
        link = link_of(house)
        assert (link.state, link.fingerprint) == (LinkState.KEY_UNKNOWN, server.fingerprint)
        assert link.trusted_fingerprint is None
        assert "publickey" not in server.log
        assert f"user {server.user}" not in server.log
        await house.bus.drained()
        (waits,) = house.of(HostKeyWaits)
        assert (waits.node, waits.fingerprint) == ("pve", server.fingerprint)

        await house.trust()
        result = await house.nodes.run("pve", ["echo", "in"])

        assert result.stdout == "in\n"
        assert link_of(house).state is LinkState.CONNECTED
        await house.bus.drained()
        (trusted,) = house.of(HostKeyTrusted)
        assert (trusted.by, trusted.fingerprint) == ("owner", server.fingerprint)
        assert len(house.of(HostKeyWaits)) == 1
        (entry,) = await house.database.run(find_audit, limit=5)
        assert (entry.action, entry.actor, entry.because) == (
            "host-key.trust",
            "user/owner",
            server.fingerprint,
        )


async def test_only_the_very_key_that_was_shown_can_be_trusted(
    server: OpenSsh, tmp_path: Path
) -> None:
    config = config_for(server, known_hosts_file=None)
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    async with ssh_house(tmp_path / "data", config) as house:
        with pytest.raises(HostKeyNotShown):
            await house.nodes.trust_host_key("pve", server.fingerprint, by="owner")
        with pytest.raises(HostKeyUnknown):
            await house.nodes.run("pve", ["true"])

        for wrong in (other, "", server.fingerprint[:-1], server.fingerprint.lower()):
            with pytest.raises(HostKeyNotShown):
                await house.nodes.trust_host_key("pve", wrong, by="owner")

        assert await house.database.run(find_host_keys) == []
        with pytest.raises(HostKeyUnknown):
            await house.nodes.run("pve", ["true"])


async def test_a_trusted_key_is_still_trusted_after_a_restart(
    server: OpenSsh, tmp_path: Path
) -> None:
    config = config_for(server, known_hosts_file=None)
    async with ssh_house(tmp_path / "data", config) as house:
        with pytest.raises(HostKeyUnknown):
            await house.nodes.run("pve", ["true"])
        await house.trust()

    async with ssh_house(tmp_path / "data", config) as house:
        assert (await house.nodes.run("pve", ["echo", "in"])).stdout == "in\n"
        assert link_of(house).trusted_fingerprint == server.fingerprint


async def test_a_changed_key_is_refused_and_never_takes_the_old_one_s_place(
    server: OpenSsh, tmp_path: Path
) -> None:
    clock = TurnedClock()
    config = config_for(server, known_hosts_file=None)
    async with ssh_house(tmp_path / "data", config, clock=clock) as house:
        with pytest.raises(HostKeyUnknown):
            await house.nodes.run("pve", ["true"])
        first = server.fingerprint
        await house.trust()
        await house.nodes.run("pve", ["true"])
        server.stop()
        server.change_host_key()
        server.start()
        await until(lambda: link_of(house).state is LinkState.AWAY, "the loss to be noticed")
        logged = server.log

        for _ in range(3):
            clock.turn(10)
            with pytest.raises(HostKeyChanged) as raised:
                await house.nodes.run("pve", ["true"])

        assert (raised.value.fingerprint, raised.value.trusted) == (server.fingerprint, first)
        assert "publickey" not in server.log.removeprefix(logged)
        link = link_of(house)
        assert link.state is LinkState.KEY_CHANGED
        assert (link.fingerprint, link.trusted_fingerprint) == (server.fingerprint, first)
        await house.bus.drained()
        (refused,) = house.of(HostKeyRefused)
        assert refused.severity.value == "alarm"
        with pytest.raises(HostKeyChanged):
            await house.nodes.trust_host_key("pve", server.fingerprint, by="owner")
        (held,) = await house.database.run(find_host_keys)
        assert held.fingerprint == first

        with pytest.raises(HostKeyNotShown):
            await house.nodes.forget_host_key("pve", server.fingerprint, by="owner")
        await house.nodes.forget_host_key("pve", first, by="owner")
        with pytest.raises(HostKeyUnknown):
            await house.nodes.run("pve", ["true"])
        await house.trust()
        assert (await house.nodes.run("pve", ["echo", "anew"])).stdout == "anew\n"
        await house.bus.drained()
        assert len(house.of(HostKeyForgotten)) == 1
    with closing(sqlite3.connect(tmp_path / "data" / "jarvis.db")) as file:
        rows = file.execute(
            "SELECT fingerprint, forgotten_by FROM host_keys ORDER BY id"
        ).fetchall()
        assert rows == [(first, "owner"), (server.fingerprint, None)]
        with pytest.raises(sqlite3.IntegrityError, match="never overwritten"):
            file.execute("UPDATE host_keys SET fingerprint = 'x' WHERE forgotten_at IS NULL")


async def test_a_key_of_another_sort_is_a_changed_key(server: OpenSsh, tmp_path: Path) -> None:
    config = config_for(server)
    async with ssh_house(tmp_path / "data", config) as house:
        await house.nodes.run("pve", ["true"])
        server.stop()
        server.change_host_key("ecdsa-sha2-nistp256")
        server.start()

        with pytest.raises(HostKeyChanged):
            await house.nodes.run("pve", ["true"])


async def test_keys_of_a_file_are_trusted_in_advance_and_a_revoked_one_never_is(
    server: OpenSsh, tmp_path: Path
) -> None:
    config = config_for(server)
    async with ssh_house(tmp_path / "data", config) as house:
        assert (await house.nodes.run("pve", ["echo", "in"])).ok
        assert link_of(house).trusted_fingerprint == server.fingerprint
        await house.bus.drained()
        assert not house.of(HostKeyWaits)

    assert config.known_hosts_file is not None
    config.known_hosts_file.write_text(f"@revoked {server.known_hosts_line}")
    async with ssh_house(tmp_path / "data", config) as house:
        with pytest.raises(HostKeyChanged, match="revoked"):
            await house.nodes.run("pve", ["true"])
        with pytest.raises(HostKeyChanged):
            await house.nodes.trust_host_key("pve", server.fingerprint, by="owner")


async def test_a_known_hosts_file_that_cannot_be_read_trusts_nobody(
    server: OpenSsh, tmp_path: Path
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("@nonsense what is this\n")
    async with ssh_house(tmp_path / "data", config_for(server, known_hosts_file=file)) as house:
        with pytest.raises(HostKeyUnknown):
            await house.nodes.run("pve", ["true"])


async def test_a_key_the_node_does_not_know_is_refused_in_words(
    server: OpenSsh, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(stranger))
    async with ssh_house(tmp_path / "data", config_for(server, key_file=stranger)) as house:
        with pytest.raises(LoginRefused) as raised:
            await house.nodes.run("pve", ["true"])

        assert server.user in raised.value.because
        assert "authorized_keys" in (raised.value.remedy or "")
        assert link_of(house).state is LinkState.REFUSED


async def test_no_agent_default_key_or_configuration_of_this_machine_is_used(
    server: OpenSsh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / ".ssh"
    home.mkdir(parents=True)
    (home / "id_ed25519").write_bytes(server.key_file.read_bytes())
    (home / "config").write_text("Host *\n  User nobody\n  Port 1\n")
    (home / "known_hosts").write_text(server.known_hosts_line)
    monkeypatch.setenv("HOME", str(home.parent))
    stranger = tmp_path / "stranger"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(stranger))

    async with ssh_house(
        tmp_path / "data", config_for(server, known_hosts_file=None, key_file=stranger)
    ) as house:
        with pytest.raises(HostKeyUnknown):
            await house.nodes.run("pve", ["true"])
        await house.trust()
        with pytest.raises(LoginRefused):
            await house.nodes.run("pve", ["true"])


@pytest.mark.parametrize("kind", ["none", "missing", "locked", "rsa", "rubbish"])
async def test_without_a_usable_key_nothing_is_dialled(
    server: OpenSsh, tmp_path: Path, kind: str
) -> None:
    file: Path | None = tmp_path / "key"
    assert file is not None
    match kind:
        case "none":
            file = None
        case "locked":
            asyncssh.generate_private_key("ssh-ed25519").write_private_key(
                str(file), passphrase="secret"
            )
        case "rsa":
            asyncssh.generate_private_key("ssh-rsa", key_size=2048).write_private_key(str(file))
        case "rubbish":
            file.write_text("not a key")
    async with ssh_house(tmp_path / "data", config_for(server, key_file=file)) as house:
        assert link_of(house).state is LinkState.OFF
        with pytest.raises(SshNotConfigured) as raised:
            await house.nodes.run("pve", ["true"])

        assert "SSH_KEY_FILE" in (raised.value.remedy or "")
        assert link_of(house).state is LinkState.OFF
        assert link_of(house).because
        assert not server.connections()


async def test_beyond_this_machine_nothing_is_dialled_where_that_is_forbidden(
    server: OpenSsh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = {
        "pve": Address(host="192.0.2.11", port=22),
        "home": Address(host="home.example", port=22),
    }
    tried: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda *a: tried.append(a))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: tried.append(a))
    config = config_for(server, addresses=addresses, known_hosts_file=None)
    async with ssh_house(tmp_path / "data", config) as house:
        for node in addresses:
            with pytest.raises(DialForbidden):
                await house.nodes.run(node, ["true"])

    assert tried == []


async def test_an_address_comes_from_the_settings_or_else_from_the_cluster(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path / "data", config_for(server, addresses={})) as house:
        house.tell(make_node("pve"), make_node("home"), addresses={"pve": "127.0.0.2"})

        assert (link_of(house).host, link_of(house).port) == ("127.0.0.2", 22)
        assert link_of(house, "home").state is LinkState.OFF
        with pytest.raises(NodeNotKnown, match="No address of home is known"):
            await house.nodes.run("home", ["true"])
        with pytest.raises(NodeNotKnown, match="There is no node nowhere"):
            await house.nodes.run("nowhere", ["true"])


async def test_those_who_want_a_connection_at_once_share_one_attempt(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        connections = await asyncio.gather(*(house.nodes.connection("pve") for _ in range(20)))

        assert len({id(connection) for connection in connections}) == 1
        assert len(server.connections()) == 1
        assert server.log.count("Accepted publickey") == 1


async def test_one_who_stops_waiting_leaves_the_attempt_to_the_others(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        first = asyncio.create_task(house.nodes.connection("pve"))
        second = asyncio.create_task(house.nodes.connection("pve"))
        await asyncio.sleep(0)

        first.cancel()

        assert not (await second).is_closed()
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_an_idle_connection_is_closed_and_a_borrowed_one_is_not(
    server: OpenSsh, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        link = house.nodes._links.link("pve")
        async with house.nodes.borrowed("pve") as connection:
            clock.turn(IDLE_S + 1)
            link.close_if_idle()
            assert not connection.is_closed()

        clock.turn(IDLE_S - 1)
        link.close_if_idle()
        assert link_of(house).state is LinkState.CONNECTED
        clock.turn(2)
        link.close_if_idle()

        assert link_of(house).state is LinkState.UNUSED
        await until(lambda: not server.connections(), "the connection to be closed")


async def test_a_node_that_is_away_is_tried_less_and_less_but_at_once_by_hand(
    server: OpenSsh, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        server.stop()
        waits_s = []
        for _ in range(9):
            with pytest.raises(NodeAway):
                await house.nodes._links.link("pve").connection(urgent=False)
            link = link_of(house)
            assert link.state is LinkState.AWAY
            assert link.retry_at is not None
            waits_s.append((link.retry_at - clock.now()).total_seconds())
            clock.turn(waits_s[-1])
        assert waits_s == [3.75, 7.5, 15, 30, 60, 120, 225, 225, 225]

        with pytest.raises(NodeAway):
            await house.nodes.run("pve", ["true"])
        server.start()
        with pytest.raises(NodeAway):
            await house.nodes._links.link("pve").connection(urgent=False)
        clock.turn(3)

        assert (await house.nodes.run("pve", ["echo", "in"])).ok
        assert link_of(house).state is LinkState.CONNECTED


async def test_the_loss_of_a_node_that_is_online_is_told_once_and_so_is_its_return(
    server: OpenSsh, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        await house.nodes.run("pve", ["true"])
        server.stop()

        async def fail() -> int:
            clock.turn(10)
            with pytest.raises(NodesError):
                await house.nodes.run("pve", ["true"])
            await house.bus.drained()
            return len(house.of(SshLost))

        assert [await fail() for _ in range(4)] == [0, 1, 1, 1]
        server.start()
        clock.turn(10)
        await house.nodes.run("pve", ["true"])
        await house.nodes.run("pve", ["true"])

        await house.bus.drained()
        (recovered,) = house.of(SshRecovered)
        assert recovered.away_s == pytest.approx(50, abs=10)


async def test_of_a_node_that_is_down_anyway_nothing_is_told(
    server: OpenSsh, tmp_path: Path
) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        house.tell(make_node("pve", NodeState.DOWN))
        server.stop()
        for _ in range(3):
            clock.turn(10)
            with pytest.raises(NodeAway):
                await house.nodes.run("pve", ["true"])

        await house.bus.drained()
        assert not house.of(SshLost)


async def test_a_node_that_came_back_is_tried_at_once(server: OpenSsh, tmp_path: Path) -> None:
    clock = TurnedClock()
    async with ssh_house(tmp_path / "data", config_for(server), clock=clock) as house:
        server.stop()
        link = house.nodes._links.link("pve")
        for _ in range(5):
            clock.turn(300)
            with pytest.raises(NodeAway):
                await link.connection(urgent=False)
        server.start()

        house.bus.publish(NodeCameUp(at=NOON, node="pve", away_s=300))
        await house.bus.drained()

        assert link.is_due
        assert not (await link.connection(urgent=False)).is_closed()


async def test_a_server_that_stands_still_is_given_up_in_time(
    server: OpenSsh, tmp_path: Path
) -> None:
    async with ssh_house(tmp_path / "data", config_for(server)) as house:
        server.freeze()
        try:
            began_s = time.monotonic()
            with pytest.raises(NodeAway, match="within 10 s"):
                await house.nodes.run("pve", ["true"])
            assert 9 < time.monotonic() - began_s < 13
        finally:
            server.thaw()
        await asyncio.sleep(2)

        assert (await house.nodes.run("pve", ["echo", "in"])).ok


async def test_something_that_is_no_ssh_server_is_told_as_such(
    server: OpenSsh, tmp_path: Path
) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    web = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = web.sockets[0].getsockname()[1]
    addresses = {"pve": Address(host="127.0.0.1", port=port)}
    async with ssh_house(tmp_path / "data", config_for(server, addresses=addresses)) as house:
        with pytest.raises(NodeAway) as raised:
            await house.nodes.run("pve", ["true"])
        assert f"127.0.0.1:{port}" in raised.value.because
    web.close()
    await web.wait_closed()
