import inspect
import ssl

import proxmoxer.core
import pytest
import requests.exceptions
import urllib3.exceptions
from proxmoxer.core import ResourceException

from services.cluster.door import DOOR, Asked, translate
from services.cluster.errors import (
    CertificateRefused,
    ClusterError,
    EndpointFailed,
    EndpointTimedOut,
    EndpointUnreachable,
    NodeFailed,
    NodeTimedOut,
    NodeUnreachable,
    NotOffered,
    ParameterRefused,
    PermissionMissing,
    ProxmoxUnreachable,
    TokenRefused,
    parse_refused_permission,
)
from services.dialing import DialRefused

CLUSTER = Asked(url="https://192.0.2.11:8006", path="/cluster/resources", timeout_s=10)
TOLD_ELSEWHERE = (ResourceException, DialRefused)
NODE = Asked(url="https://192.0.2.11:8006", path="/nodes/pve/status", timeout_s=10)


def refusal(status, reason, **body):
    return ResourceException(status, "", reason, errors=body)


def public_exceptions():
    for module in (requests.exceptions, urllib3.exceptions, proxmoxer.core, ssl):
        for name, kind in inspect.getmembers(module, inspect.isclass):
            told = issubclass(kind, Exception) and not issubclass(kind, Warning)
            home = kind.__module__.split(".")[0] in ("requests", "urllib3", "proxmoxer", "ssl")
            if told and home and not name.startswith("_"):
                yield pytest.param(kind, id=f"{module.__name__}.{name}")


@pytest.mark.parametrize("kind", list(public_exceptions()))
def test_every_public_error_of_the_libraries_has_a_meaning(kind):
    assert any(issubclass(kind, known) for known, _ in DOOR), f"{kind} goes through no door"


@pytest.mark.parametrize("kind", [kind for kind, _ in DOOR if kind not in TOLD_ELSEWHERE])
def test_every_meaning_can_be_told(kind):
    error = translate(kind.__new__(kind), CLUSTER)

    assert isinstance(error, ClusterError)
    assert error.because
    assert not error.because.endswith(".")
    assert "Error" not in error.because


@pytest.mark.parametrize(
    ("asked", "error", "kind"),
    [
        pytest.param(CLUSTER, refusal(401, "Authentication failed!"), TokenRefused, id="401"),
        pytest.param(CLUSTER, refusal(501, "Method 'GET /x' …"), NotOffered, id="501"),
        pytest.param(NODE, refusal(595, "No route to host"), NodeUnreachable, id="595"),
        pytest.param(NODE, refusal(596, "Connection timed out"), NodeUnreachable, id="596"),
        pytest.param(CLUSTER, refusal(595, "Connection refused"), EndpointFailed, id="own 595"),
        pytest.param(CLUSTER, refusal(500, "oops"), EndpointFailed, id="500 of the cluster"),
        pytest.param(NODE, refusal(500, "no such storage"), NodeFailed, id="500 of a node"),
        pytest.param(NODE, refusal(503, ""), EndpointFailed, id="503 of the proxy"),
        pytest.param(NODE, TimeoutError(), NodeTimedOut, id="a node is slow"),
        pytest.param(CLUSTER, TimeoutError(), EndpointTimedOut, id="the entry node is slow"),
    ],
)
def test_an_answer_means_what_proxmox_means_by_it(asked, error, kind):
    assert type(translate(error, asked)) is kind


def test_a_missing_right_names_itself_from_the_reason_phrase_of_old_versions():
    error = translate(refusal(403, "Permission check failed (/nodes/pve, Sys.Modify)"), NODE)

    assert isinstance(error, PermissionMissing)
    assert (error.path, error.privileges) == ("/nodes/pve", ("Sys.Modify",))
    assert "Sys.Modify on /nodes/pve" in error.because


def test_a_missing_right_names_itself_from_the_message_of_new_versions():
    error = translate(
        refusal(403, "Forbidden", message="Permission check failed (/vms/100, VM.Audit)\n"), NODE
    )

    assert isinstance(error, PermissionMissing)
    assert error.privileges == ("VM.Audit",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Permission check failed (/, Sys.Audit|Datastore.Audit)", ("/", 2)),
        ("Permission check failed", (None, 0)),
        ("user != root@pam", (None, 0)),
    ],
)
def test_a_refused_permission_is_read_as_far_as_it_tells(text, expected):
    path, privileges = parse_refused_permission(text)

    assert (path, len(privileges)) == expected


def test_a_bad_parameter_names_each_field():
    error = translate(
        refusal(400, "Parameter verification failed.", errors={"timeframe": "not in the list"}),
        NODE,
    )

    assert isinstance(error, ParameterRefused)
    assert "timeframe: not in the list" in error.because


def test_the_libraries_wrappings_are_taken_off_down_to_the_cause():
    refused = ConnectionRefusedError(111, "Connection refused")
    inner = urllib3.exceptions.NewConnectionError(None, "no")  # type: ignore[arg-type]
    inner.__cause__ = refused
    outer = requests.exceptions.ConnectionError(
        urllib3.exceptions.MaxRetryError(None, "/", inner)  # type: ignore[arg-type]
    )

    error = translate(outer, CLUSTER)

    assert isinstance(error, EndpointUnreachable)
    assert error.unsent
    assert "192.0.2.11:8006 refused the connection" in error.because


def test_a_requests_error_gives_up_the_request_that_holds_the_token():
    request = requests.Request("GET", "https://192.0.2.11", headers={"Authorization": "secret"})
    error = requests.exceptions.ReadTimeout(request=request.prepare())

    translate(error, CLUSTER)

    assert error.request is None


def test_one_address_tells_its_own_fault_and_several_are_told_together():
    one = EndpointTimedOut("https://192.0.2.11:8006", 10, connected=True)
    two = CertificateRefused("https://192.0.2.12:8006", "self-signed certificate")

    assert ProxmoxUnreachable([one]).because == one.because
    together = ProxmoxUnreachable([one, two]).because
    assert one.because in together
    assert two.because in together


def test_a_cluster_that_shows_foreign_certificates_is_not_said_to_be_silent():
    urls = [f"https://192.0.2.{n}:8006" for n in (1, 2, 3)]

    told = ProxmoxUnreachable([CertificateRefused(url, "self-signed") for url in urls]).because

    assert "does not answer" not in told
    assert told.count("self-signed") == 1
    assert told.count("nothing was sent") == 1
    assert all(url.removeprefix("https://") in told for url in urls)


SILENT = EndpointTimedOut("https://192.0.2.11:8006", 10, connected=True)
STRANGE = CertificateRefused("https://192.0.2.12:8006", "it is of cn: pve2")


@pytest.mark.parametrize(
    ("error", "brief", "detail"),
    [
        (ClusterError("Proxmox: it is busy"), "Proxmox: it is busy", ""),
        (SILENT, "192.0.2.11:8006 gave no answer within 10 s", ""),
        (ProxmoxUnreachable([SILENT, SILENT]), "Proxmox does not answer", "192.0.2.11:8006, "),
        (
            ProxmoxUnreachable([STRANGE]),
            "192.0.2.12:8006 showed a certificate that is not trusted",
            "it is of cn: pve2; nothing was sent to it",
        ),
        (
            PermissionMissing("/storage", "Permission check failed (/, Sys.Audit)"),
            "The token may not read /storage",
            "it lacks Sys.Audit on /",
        ),
        (
            NodeFailed("/x", "pve", 500, "no: such\nstorage."),
            "pve answered /x with 500",
            "no: such",
        ),
        (NodeFailed("/x", "pve", 500, ""), "pve answered /x with 500", ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ClusterError) else None,
)
def test_a_reason_has_a_short_word_and_the_whole_of_it_begins_with_it(error, brief, detail):
    assert error.brief == brief
    if detail:
        assert error.because.startswith(f"{brief}: {detail}")
    else:
        assert error.because == brief
