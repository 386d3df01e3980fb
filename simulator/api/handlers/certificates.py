"""/nodes/{node}/certificates/info: the certificates a node shows, read from their PEM text."""

import hashlib
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from simulator.api.routes import Params, Request, route
from simulator.world.world import World


@route("GET", "/nodes/{node}/certificates/info")
def list_certificates(world: World, request: Request, params: Params) -> object:
    files = world.certificates.get(params["node"], {})
    return [_row(filename, pem) for filename, pem in sorted(files.items())]


@lru_cache(maxsize=256)
def _row(filename: str, pem: str) -> dict[str, object]:
    found = x509.load_pem_x509_certificate(pem.encode())
    digest = hashlib.sha256(found.public_bytes(serialization.Encoding.DER)).hexdigest().upper()
    key = found.public_key()
    return {
        "filename": filename,
        "fingerprint": ":".join(digest[at : at + 2] for at in range(0, 64, 2)),
        "issuer": _written(found.issuer),
        "notafter": int(found.not_valid_after_utc.timestamp()),
        "notbefore": int(found.not_valid_before_utc.timestamp()),
        "pem": pem,
        "public-key-bits": key.key_size if isinstance(key, _SIZED) else 0,
        "public-key-type": "rsaEncryption"
        if isinstance(key, rsa.RSAPublicKey)
        else "id-ecPublicKey",
        "san": _names(found),
        "subject": _written(found.subject),
    }


_SIZED = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)


def _written(name: x509.Name) -> str:
    """As OpenSSL's one line: /CN=…/O=…"""
    return "".join(f"/{part.rfc4514_attribute_name}={part.value!s}" for part in name)


def _names(found: x509.Certificate) -> list[str]:
    try:
        alternative = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = alternative.get_values_for_type(x509.IPAddress)
    return [*map(str, addresses), *alternative.get_values_for_type(x509.DNSName)]
