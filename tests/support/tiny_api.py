"""A tiny HTTPS server in a thread that answers as told and records every byte it was sent."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[str], bytes | None]
"""From the path to the whole answer; None closes the connection without one."""


def answered(data: object, status: str = "200 OK", headers: str = "") -> bytes:
    """An answer as Proxmox writes it: JSON with `data`, or the reason phrase alone."""
    body = b"" if data is None else json.dumps({"data": data}).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


class TinyApi:
    """One listening address with a self-signed certificate of its own."""

    def __init__(self, folder: Path, name: str, *, days: int = 30) -> None:
        self.cert_file = folder / f"{name}.pem"
        self.fingerprint = _make_certificate(self.cert_file, days=days)
        self.answer: Answer = lambda path: answered({"version": "9.2.3"})
        self.received: list[bytes] = []
        self.here = threading.local()
        """While an answer is made, its whole request stands in `here.request`."""
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"https://127.0.0.1:{self.port}"
        self._stopped = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def paths(self) -> list[str]:
        """The paths that were asked, in order."""
        return [part.split(b" ")[1].decode() for part in self.received if part]

    def stop(self) -> None:
        """Refuse connections from now on and end the open ones."""
        self._stopped = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert_file)
        while not self._stopped:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(plain, context))
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        with plain, suppress(OSError), context.wrap_socket(plain, server_side=True) as secured:
            self._open.append(secured)
            while request := _read_request(secured):
                self.received.append(request)
                self.here.request = request
                answer = self.answer(request.split(b" ")[1].decode())
                if answer is None:
                    return
                secured.sendall(answer)


def _read_request(secured: ssl.SSLSocket) -> bytes:
    """One request, with the body its head announces."""
    request = b""
    while b"\r\n\r\n" not in request or len(request) < _length_of(request):
        part = secured.recv(65_536)
        if not part:
            return request
        request += part
    return request


def _length_of(request: bytes) -> int:
    head, _, _ = request.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    return len(head) + 4 + sum(lengths)


def _make_certificate(file: Path, *, days: int) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file.stem)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest().upper()


@contextmanager
def tiny_apis(folder: Path, *names: str) -> Iterator[list[TinyApi]]:
    """Some servers, stopped at the end."""
    servers = [TinyApi(folder, name) for name in names]
    try:
        yield servers
    finally:
        for server in servers:
            server.stop()
