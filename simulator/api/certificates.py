"""A certificate authority for the simulated nodes, kept in its directory between runs."""

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFE = dt.timedelta(days=730)


@dataclass(frozen=True, slots=True)
class NodeCertificate:
    """Files of one node's certificate, and its SHA-256 fingerprint as Proxmox writes it."""

    cert_file: Path
    key_file: Path
    fingerprint: str
    not_before: int
    not_after: int
    subject: str
    issuer: str
    pem: str


class Authority:
    """A CA in a folder: made on first use, the same one after a restart."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self._made: dict[str, NodeCertificate] = {}
        self.ca_file = folder / "pve-root-ca.pem"
        folder.mkdir(parents=True, exist_ok=True)
        key_file = folder / "pve-root-ca.key"
        if not (self.ca_file.exists() and key_file.exists()):
            key = ec.generate_private_key(ec.SECP256R1())
            cert = _build(name, key.public_key(), name, key, ca=True, alt=None)
            _write(key_file, _key_pem(key))
            _write(self.ca_file, cert.public_bytes(serialization.Encoding.PEM))
        loaded = serialization.load_pem_private_key(key_file.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        self._key = loaded

    def certificate(self, node: str) -> NodeCertificate:
        """The node's certificate for 127.0.0.1, localhost and its name; made when missing."""
        if node not in self._made:
            self._made[node] = self._make(node)
        return self._made[node]

    def _make(self, node: str) -> NodeCertificate:
        cert_file = self.folder / f"{node}.pem"
        key_file = self.folder / f"{node}.key"
        if not (cert_file.exists() and key_file.exists()):
            key = ec.generate_private_key(ec.SECP256R1())
            names: list[x509.GeneralName] = [
                x509.DNSName("localhost"),
                x509.DNSName(node),
                x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            ]
            cert = _build(
                f"{node}.home.arpa",
                key.public_key(),
                self.name,
                self._key,
                ca=False,
                alt=x509.SubjectAlternativeName(names),
            )
            _write(key_file, _key_pem(key))
            _write(cert_file, cert.public_bytes(serialization.Encoding.PEM))
        loaded = x509.load_pem_x509_certificate(cert_file.read_bytes())
        digest = hashlib.sha256(loaded.public_bytes(serialization.Encoding.DER)).hexdigest().upper()
        return NodeCertificate(
            cert_file=cert_file,
            key_file=key_file,
            fingerprint=":".join(digest[i : i + 2] for i in range(0, 64, 2)),
            not_before=int(loaded.not_valid_before_utc.timestamp()),
            not_after=int(loaded.not_valid_after_utc.timestamp()),
            subject=f"/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN={node}.home.arpa",
            issuer=f"/CN={self.name}/OU=simulated/O=PVE Cluster Manager CA",
            pem=cert_file.read_text(),
        )


def _build(
    subject: str,
    public_key: ec.EllipticCurvePublicKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
    alt: x509.SubjectAlternativeName | None,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=40))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if ca:
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    if alt is not None:
        builder = builder.add_extension(alt, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Proxmox VE (simulated)"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
