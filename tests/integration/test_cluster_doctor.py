"""`jarvis doctor` over real TLS: each step, what is wrong there, and what mends it."""

import json
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from services.clock import SystemClock
from services.cluster.config import ClusterConfig
from services.cluster.diagnosis import Step, Verdict
from services.cluster.doctor import examine
from services.cluster.rights import ACTING, WATCHING
from tests.support.tiny_api import TinyApi, answered, tiny_apis
from tests.support.watched import config_of

EVERYTHING = sorted({right.privilege for right in (*WATCHING, *ACTING)})


def findings_of(config, clock=None):
    diagnosis = examine(config, clock=clock or SystemClock())
    return diagnosis, {finding.step: finding for finding in diagnosis.endpoints[0].findings}


def verdicts(found):
    return {step: finding.verdict for step, finding in found.items()}


def tiny_config(server, **changes):
    settings = {
        "endpoints": (server.url,),
        "token_id": "jarvis@pve!page",
        "token_secret": SecretStr("secret"),
        "ca_file": server.cert_file,
        "loopback_only": True,
        "timeout_s": 2.0,
    }
    return ClusterConfig(**(settings | changes))


@pytest.fixture
def api(tmp_path):
    with tiny_apis(tmp_path, "pve") as (server,):
        server.answer = proxmox()
        yield server


def proxmox(version="9.2.3", rights=None, date=None):
    granted = {"/": dict.fromkeys(EVERYTHING, 1)}
    moment = (date or datetime.now(UTC)).strftime("%a, %d %b %Y %H:%M:%S GMT")

    def answer(path):
        data = {"version": version} if path.endswith("/version") else (rights or granted)
        return answered(data, headers=f"Date: {moment}\r\n")

    return answer


def test_a_sound_cluster_has_nothing_to_complain_about(simulator):
    diagnosis, found = findings_of(config_of(simulator))

    assert not diagnosis.failed, diagnosis.as_text()
    assert set(verdicts(found).values()) == {Verdict.OK}
    assert len(diagnosis.endpoints) == 4
    assert "signed by" in found[Step.TLS].because
    assert len(found[Step.TLS].facts["fingerprint"]) == 64


def test_the_same_is_told_to_a_machine(simulator):
    diagnosis, _ = findings_of(config_of(simulator))

    told = json.loads(json.dumps(diagnosis.as_json()))

    assert told["failed"] is False
    steps = [finding["step"] for finding in told["endpoints"][0]["findings"]]
    assert steps == [str(step) for step in Step]


def test_a_revoked_token_fails_and_what_stands_on_it_is_skipped(own_simulator):
    own_simulator.fault("revoke-token")

    diagnosis, found = findings_of(config_of(own_simulator))

    assert diagnosis.failed
    assert found[Step.TLS].verdict is Verdict.OK
    assert found[Step.AUTH].verdict is Verdict.FAIL
    assert "PROXMOX_TOKEN_ID and PROXMOX_TOKEN_SECRET" in found[Step.AUTH].remedy
    assert "doctor" not in found[Step.AUTH].remedy
    assert found[Step.PERMISSIONS].verdict is Verdict.SKIPPED
    assert own_simulator.token_secret not in diagnosis.as_text()


def test_a_read_only_token_is_a_choice_and_told_what_it_costs(simulator):
    config = config_of(
        simulator,
        token_id=simulator.read_token_id,
        token_secret=SecretStr(simulator.read_token_secret),
    )

    diagnosis, found = findings_of(config)
    rights = found[Step.PERMISSIONS]

    assert not diagnosis.failed
    assert rights.verdict is Verdict.WARN
    assert rights.because.startswith("Jarvis watches and cannot act")
    assert "Sys.Modify on /nodes (pending updates): get_updates" in rights.because
    assert "VM.Migrate on /vms (moving guests): migrate_guest" in rights.because
    assert "Sys.Modify@/nodes" in rights.facts["missing"]
    assert "reboot_node" in rights.facts["barred_tools"].split()
    assert "list_guests" not in rights.facts["barred_tools"].split()
    assert "VM.PowerMgmt" in rights.remedy
    assert "VM.Audit" not in rights.remedy, "it has that right"
    assert "Or leave it so" in rights.remedy


def test_a_token_that_acts_in_part_is_told_which_tools_will_not_work(api):
    without = set(EVERYTHING) - {"VM.Migrate"}
    api.answer = proxmox(rights={"/": dict.fromkeys(sorted(without), 1)})

    diagnosis, found = findings_of(tiny_config(api))
    rights = found[Step.PERMISSIONS]

    assert not diagnosis.failed
    assert rights.verdict is Verdict.WARN
    assert rights.because.splitlines() == [
        "To act, the token lacks:",
        "VM.Migrate on /vms (moving guests): migrate_guest",
    ]
    assert rights.facts == {"missing": "VM.Migrate@/vms", "barred_tools": "migrate_guest"}
    assert "leave it so" not in rights.remedy


def test_a_token_that_may_not_see_the_guests_fails(api):
    api.answer = proxmox(rights={"/": {"Sys.Audit": 1}})

    diagnosis, found = findings_of(tiny_config(api))

    assert diagnosis.failed
    assert "VM.Audit on /vms (the guests)" in found[Step.PERMISSIONS].because


@pytest.mark.parametrize(
    ("version", "privilege", "other"),
    [
        ("8.4.5", "VM.Monitor", "VM.GuestAgent.Audit"),
        ("9.2.3", "VM.GuestAgent.Audit", "VM.Monitor"),
    ],
)
def test_only_a_right_that_this_release_has_is_asked_for(api, version, privilege, other):
    without = set(EVERYTHING) - {"VM.Monitor", "VM.GuestAgent.Audit"}
    api.answer = proxmox(version, rights={"/": dict.fromkeys(sorted(without), 1)})

    _, found = findings_of(tiny_config(api))
    rights = found[Step.PERMISSIONS]

    assert rights.verdict is Verdict.WARN
    assert rights.because.splitlines() == [
        "To watch, the token lacks:",
        f"{privilege} on /vms (network addresses of virtual machines): get_guest_addresses",
    ]
    assert privilege in rights.remedy
    assert other not in rights.remedy


def test_another_certificate_than_the_pinned_fails_and_nothing_is_sent(api):
    diagnosis, found = findings_of(tiny_config(api, pins={"127.0.0.1": "AB" * 32}))

    assert diagnosis.failed
    assert found[Step.TLS].verdict is Verdict.FAIL
    assert api.fingerprint in found[Step.TLS].remedy
    assert b"".join(api.received) == b""


def test_an_unknown_signer_fails_with_the_way_to_pin_it(api):
    _, found = findings_of(tiny_config(api, ca_file=None))

    assert found[Step.TLS].verdict is Verdict.FAIL
    assert f"127.0.0.1:{api.port}={api.fingerprint}" in found[Step.TLS].remedy
    assert "if `pvenode cert info` on the node tells the same" in found[Step.TLS].remedy
    assert b"".join(api.received) == b""


def test_a_certificate_that_soon_expires_is_a_warning(tmp_path):
    server = TinyApi(tmp_path, "old", days=5)
    server.answer = proxmox()
    try:
        diagnosis, found = findings_of(tiny_config(server))
    finally:
        server.stop()

    assert not diagnosis.failed
    assert found[Step.TLS].verdict is Verdict.WARN
    assert "in 4 days" in found[Step.TLS].because


def test_a_closed_port_and_an_unknown_name_are_told_apart(api):
    api.stop()
    _, closed = findings_of(tiny_config(api))
    no_name = f"https://{'x' * 64}.invalid:8006"
    _, unknown = findings_of(tiny_config(api, endpoints=(no_name,), loopback_only=False))

    assert closed[Step.DNS].verdict is Verdict.OK
    assert closed[Step.TCP].verdict is Verdict.FAIL
    assert unknown[Step.DNS].verdict is Verdict.FAIL
    assert unknown[Step.TCP].verdict is Verdict.SKIPPED


def test_a_port_that_speaks_no_tls_fails_with_what_to_do(api):
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def greet():
            with plain.accept()[0] as caller:
                caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        greeting = threading.Thread(target=greet)
        greeting.start()
        url = f"https://127.0.0.1:{plain.getsockname()[1]}"
        _, found = findings_of(tiny_config(api, endpoints=(url,)))
        greeting.join()

    assert found[Step.TLS].verdict is Verdict.FAIL
    assert "There is no TLS" in found[Step.TLS].because
    assert "PROXMOX_ENDPOINTS" in (found[Step.TLS].remedy or "")


@pytest.mark.parametrize(("skew_s", "told"), [(-90, "behind"), (90, "ahead of")])
def test_a_clock_that_is_off_is_a_warning(api, skew_s, told):
    api.answer = proxmox(date=datetime.now(UTC) + timedelta(seconds=skew_s))

    diagnosis, found = findings_of(tiny_config(api))

    assert not diagnosis.failed
    assert found[Step.CLOCK].verdict is Verdict.WARN
    assert told in found[Step.CLOCK].because


@pytest.mark.parametrize(("version", "verdict"), [("8.4.14", "ok"), ("7.4-3", "warn")])
def test_a_version_that_was_not_tested_is_a_warning(api, version, verdict):
    api.answer = proxmox(version=version)

    _, found = findings_of(tiny_config(api))

    assert found[Step.VERSION].verdict == verdict
    assert found[Step.PERMISSIONS].verdict is Verdict.OK
