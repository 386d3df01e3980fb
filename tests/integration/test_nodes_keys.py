"""Whose key is trusted on the way to a node, and that nothing is sent before."""

import re
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncssh
import pytest

from db.queries.audit import find_audit
from db.queries.host_keys import find_host_keys
from services.nodes.config import Address
from services.nodes.errors import (
    DialForbidden,
    HostKeyChanged,
    HostKeyNotShown,
    HostKeyNotTrusted,
    HostKeyUnknown,
    LoginRefused,
    SshNotConfigured,
)
from services.nodes.happenings import (
    HostKeyForgotten,
    HostKeyRefused,
    HostKeyTrusted,
    HostKeyWaits,
)
from services.nodes.model import LinkState
from tests.support.openssh import OpenSsh, needs_openssh
from tests.support.ssh_house import config_for, ssh_house
from tests.support.turned_clock import TurnedClock
from tests.support.waiting import until

pytestmark = needs_openssh


async def test_a_first_key_waits_for_a_person_and_nothing_is_sent_before(
    server: OpenSsh, tmp_path: Path
) -> None:
    config = config_for(server, known_hosts_file=None)
    async with ssh_house(tmp_path / "data", config) as house:
        with pytest.raises(HostKeyUnknown) as raised:
            await house.nodes.run("pve", ["true"])

        assert raised.value.fingerprint == server.fingerprint
        link = house.link()
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
        assert house.link().state is LinkState.CONNECTED
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
        assert house.link().trusted_fingerprint == server.fingerprint


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
        await until(lambda: house.link().state is LinkState.AWAY, "the loss to be noticed")
        logged = server.log

        for _ in range(3):
            clock.turn(10)
            with pytest.raises(HostKeyChanged) as raised:
                await house.nodes.run("pve", ["true"])

        assert (raised.value.fingerprint, raised.value.trusted) == (server.fingerprint, first)
        assert "publickey" not in server.log.removeprefix(logged)
        link = house.link()
        assert link.state is LinkState.KEY_CHANGED
        assert (link.fingerprint, link.trusted_fingerprint) == (server.fingerprint, first)
        await house.bus.drained()
        (refused,) = house.of(HostKeyRefused)
        assert refused.severity.value == "alarm"
        with pytest.raises(HostKeyChanged):
            await house.nodes.trust_host_key("pve", server.fingerprint, by="owner")
        (held,) = await house.database.run(find_host_keys)
        assert held.fingerprint == first

        with pytest.raises(HostKeyNotTrusted, match=re.escape(first)):
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
        assert house.link().trusted_fingerprint == server.fingerprint
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
        assert house.link().state is LinkState.REFUSED


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
        assert house.link().state is LinkState.OFF
        with pytest.raises(SshNotConfigured) as raised:
            await house.nodes.run("pve", ["true"])

        assert "SSH_KEY_FILE" in (raised.value.remedy or "")
        assert ("passphrase" in raised.value.because) is (kind == "locked")
        assert house.link().state is LinkState.OFF
        assert house.link().because
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
