"""`jarvis doctor`: looks at each endpoint step by step, and stops where no further step can stand.

Everything in here blocks; it is for a command or a thread, never for the event loop.
"""

import hashlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography import x509

from services.clock import Clock, as_stored
from services.cluster import wire
from services.cluster.client import EndpointClient, asking, timeless
from services.cluster.config import ClusterConfig, Trust
from services.cluster.diagnosis import Diagnosis, EndpointDiagnosis, Finding, Step, Verdict
from services.cluster.errors import ClusterError
from services.cluster.rights import (
    ACTING,
    WATCHING,
    NeededRight,
    missing_rights,
    parse_granted,
)
from services.cluster.session import CONNECT_TIMEOUT_S, tls_context
from services.dialing import DialRefused, check_dialable

EXPIRES_SOON = timedelta(days=21)
SKEW_WARN_S = 5.0
OLDEST_MAJOR = 8
NEWEST_MAJOR = 9


class _Halt(Exception):
    """A step failed on which all later ones stand."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(finding.because)


def examine(config: ClusterConfig, *, clock: Clock) -> Diagnosis:
    """Look at every endpoint of the config; never raises for what it finds. It blocks."""
    with ThreadPoolExecutor(4, thread_name_prefix="doctor") as pool:
        looked_at = tuple(
            pool.map(lambda url: _examine_endpoint(url, config, clock, pool), config.endpoints)
        )
    return Diagnosis(at=clock.now(), endpoints=looked_at)


def _examine_endpoint(
    url: str, config: ClusterConfig, clock: Clock, pool: ThreadPoolExecutor
) -> EndpointDiagnosis:
    findings: list[Finding] = []
    try:
        findings.extend(_steps(url, config, clock, pool))
    except _Halt as halt:
        findings.append(halt.finding)
    seen = {finding.step for finding in findings}
    findings += [
        Finding(step=step, verdict=Verdict.SKIPPED, because="An earlier step failed")
        for step in Step
        if step not in seen
    ]
    return EndpointDiagnosis(url=url, findings=tuple(findings))


def _steps(
    url: str, config: ClusterConfig, clock: Clock, pool: ThreadPoolExecutor
) -> Iterator[Finding]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 8006
    yield _look_up(host, port, loopback_only=config.loopback_only)
    yield _connect(host, port)
    yield from _shake_hands(host, port, config.trust_for(url), clock.now())
    client = EndpointClient(url, config, clock=clock, pool=pool)
    try:
        yield from _talk(client, clock)
    finally:
        client.close()


def _look_up(host: str, port: int, *, loopback_only: bool) -> Finding:
    try:
        check_dialable(host, loopback_only=loopback_only)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except DialRefused as error:
        raise _Halt(_fail(Step.DNS, str(error))) from error
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _Halt(
            _fail(
                Step.DNS,
                f"{host} does not resolve ({reason})",
                "Mend the name in PROXMOX_ENDPOINTS, or write the address itself",
            )
        ) from error
    addresses = sorted({str(each[4][0]) for each in found})
    because = f"{host} is {', '.join(addresses)}" if addresses != [host] else f"{host} is a number"
    return _ok(Step.DNS, because, addresses=" ".join(addresses))


def _connect(host: str, port: int) -> Finding:
    try:
        socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S).close()
    except TimeoutError as error:
        raise _Halt(
            _fail(
                Step.TCP,
                f"{host}:{port} could not be reached within {CONNECT_TIMEOUT_S:g} s",
                "Is the node up, and does a firewall let this machine through?",
            )
        ) from error
    except OSError as error:
        raise _Halt(
            _fail(
                Step.TCP,
                f"{host}:{port} could not be reached ({error.strerror or error})",
                "Is the node up, and is pveproxy running on it?",
            )
        ) from error
    return _ok(Step.TCP, f"port {port} is open")


def _shake_hands(host: str, port: int, trust: Trust, now: datetime) -> Iterator[Finding]:
    """Look at the certificate first, whatever it is, then verify it; no request is sent."""
    try:
        shown = _handshake(host, port, tls_context(Trust(pinned_sha256="")))
    except OSError as error:
        raise _Halt(
            _fail(
                Step.TLS,
                f"There is no TLS on port {port} ({_told(error)})",
                "Is it pveproxy that listens there? Its port is 8006, unless a proxy stands before "
                "it; mend the port in PROXMOX_ENDPOINTS",
            )
        ) from error
    certificate = x509.load_der_x509_certificate(shown)
    sha256 = hashlib.sha256(shown).hexdigest().upper()
    expires_at = certificate.not_valid_after_utc
    facts = {
        "fingerprint": sha256,
        "issuer": certificate.issuer.rfc4514_string(),
        "subject": certificate.subject.rfc4514_string(),
        "expires_at": as_stored(expires_at),
    }
    told = (
        f"signed by {_common_name(certificate.issuer)}, expires {expires_at:%Y-%m-%d}\n"
        f"SHA-256 {sha256}"
    )
    pin = f"{host}={sha256}" if port == 8006 else f"{host}:{port}={sha256}"
    if trust.pinned_sha256 is not None:
        if sha256 != trust.pinned_sha256:
            raise _Halt(
                _fail(
                    Step.TLS,
                    f"It is not the pinned certificate: {told}",
                    "If you renewed it, compare it with `pvenode cert info` on the node and set "
                    f"PROXMOX_FINGERPRINTS={pin}",
                    **facts,
                )
            )
        told = f"pinned, {told}"
    else:
        try:
            _handshake(host, port, tls_context(trust))
        except OSError as error:
            raise _Halt(
                _fail(
                    Step.TLS,
                    f"The certificate is not trusted: {_told(error)}\n{told}",
                    "Copy /etc/pve/pve-root-ca.pem of a node and set PROXMOX_CA_FILE to it; or, if "
                    "`pvenode cert info` on the node tells the same SHA-256, pin it: "
                    f"PROXMOX_FINGERPRINTS={pin}",
                    **facts,
                )
            ) from error
    if expires_at - now < EXPIRES_SOON:
        days = (expires_at - now) // timedelta(days=1)
        left = f"expires in {days} days" if days >= 0 else "has expired"
        remedy = "Renew it on the node (`pvecm updatecerts`, or its ACME order)"
        yield Finding(
            step=Step.TLS,
            verdict=Verdict.WARN,
            because=f"The certificate {left}; {told}",
            remedy=remedy,
            facts=facts,
        )
    else:
        yield _ok(Step.TLS, told, **facts)


def _handshake(host: str, port: int, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def _talk(client: EndpointClient, clock: Clock) -> Iterator[Finding]:
    """Ask with the token: who we are, which version answers, what we may, what time it is."""
    dates: list[tuple[str, datetime]] = []

    def note_date(response: requests.Response, *args: Any, **kwargs: Any) -> None:
        dates.append((response.headers.get("Date", ""), clock.now()))

    client.session.hooks["response"] = [note_date]
    try:
        version = client.ask(asking(timeless(_told_version), "version"))
    except ClusterError as error:
        raise _Halt(_fail(Step.AUTH, error.because, error.remedy)) from error
    yield _ok(Step.AUTH, "the token is accepted")
    major = _major(version)
    yield _judge_version(version, major)
    yield _permissions(client, major)
    yield _skew(dates)


def _told_version(payload: object) -> str | None:
    return wire.text(wire.fields(payload).get("version"))


def _major(version: str | None) -> int | None:
    found = re.match(r"\d+", version or "")
    return int(found[0]) if found else None


def _judge_version(version: str | None, major: int | None) -> Finding:
    if version is None or major is None:
        return _warn(Step.VERSION, "Proxmox does not tell its version")
    if not OLDEST_MAJOR <= major <= NEWEST_MAJOR:
        return _warn(
            Step.VERSION,
            f"Proxmox VE {version}; Jarvis is tested with {OLDEST_MAJOR} and {NEWEST_MAJOR}",
            version=version,
        )
    return _ok(Step.VERSION, f"Proxmox VE {version}", version=version)


def _permissions(client: EndpointClient, major: int | None) -> Finding:
    try:
        granted = client.ask(asking(timeless(parse_granted), "access", "permissions"))
    except ClusterError as error:
        return _warn(Step.PERMISSIONS, f"The token's rights are unknown: {error.because}")
    unseen = missing_rights(granted, WATCHING, major)
    barred = missing_rights(granted, ACTING, major)
    if not unseen and not barred:
        return _ok(Step.PERMISSIONS, "the token has every right Jarvis needs, to watch and to act")
    watches_only = len(barred) == len(ACTING)
    lines = ["Jarvis watches and cannot act: the token may change nothing"] if watches_only else []
    if unseen:
        lines += ["To watch, the token lacks:", *(right.told for right in unseen)]
    if barred:
        lines += ["To act, the token lacks:", *(right.told for right in barred)]
    vital = any(right.vital for right in unseen)
    return Finding(
        step=Step.PERMISSIONS,
        verdict=Verdict.FAIL if vital else Verdict.WARN,
        because="\n".join(lines),
        remedy=_remedy_for((*unseen, *barred), watches_only=watches_only and not vital),
        facts={
            "missing": " ".join(
                dict.fromkeys(f"{right.privilege}@{right.path}" for right in (*unseen, *barred))
            ),
            "barred_tools": " ".join(
                dict.fromkeys(tool for right in (*unseen, *barred) for tool in right.tools)
            ),
        },
    )


def _remedy_for(missing: Sequence[NeededRight], *, watches_only: bool) -> str:
    privileges = " ".join(dict.fromkeys(right.privilege for right in missing))
    given = (
        f"Give user and token a role with {privileges} (a token with privilege separation needs "
        "its own); docs/operating.md has the lines"
    )
    return f"{given}\nOr leave it so: watching works" if watches_only else given


def _skew(dates: list[tuple[str, datetime]]) -> Finding:
    date, seen_at = dates[0] if dates else ("", None)
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return _warn(Step.CLOCK, "The node does not tell its time")
    assert seen_at is not None
    skew_s = (there - seen_at).total_seconds()
    # The header is cut to whole seconds and was written a moment before it was seen.
    skew_s = 0.0 if -2.0 <= skew_s <= 1.0 else skew_s
    facts = {"skew_s": f"{skew_s:.0f}"}
    if abs(skew_s) > SKEW_WARN_S:
        ahead = "ahead of" if skew_s > 0 else "behind"
        return _warn(
            Step.CLOCK,
            f"The node's clock is {abs(skew_s):.0f} s {ahead} this machine's",
            "Let both be set by NTP (chrony)",
            **facts,
        )
    return _ok(Step.CLOCK, "the node's clock agrees with this machine's", **facts)


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string() or "nobody"


def _told(error: OSError) -> str:
    return str(getattr(error, "verify_message", "") or error.strerror or error)


def _verdict(verdict: Verdict) -> Callable[..., Finding]:
    def finding(step: Step, because: str, remedy: str | None = None, **facts: str) -> Finding:
        return Finding(step=step, verdict=verdict, because=because, remedy=remedy, facts=facts)

    return finding


_ok, _warn, _fail = _verdict(Verdict.OK), _verdict(Verdict.WARN), _verdict(Verdict.FAIL)
