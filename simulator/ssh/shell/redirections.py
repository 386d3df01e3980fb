"""`> file`, `2>&1`, `<<< text`: where a command reads and writes instead."""

from simulator.ssh.files.tree import Missing, normal
from simulator.ssh.network import connect
from simulator.ssh.streams import Given, Source

from .expansion import Substitute, expand_text
from .grammar import Redirect
from .state import Shell, Streams


async def redirected(
    shell: Shell, redirects: tuple[Redirect, ...], streams: Streams, substitute: Substitute
) -> Streams:
    """The streams as they are behind the redirections. Raises Missing."""
    if not redirects:
        return streams
    own = streams.copy()
    for redirect in redirects:
        text = await expand_text(shell, redirect.target, substitute)
        match redirect.operator:
            case "<<":
                own.stdin = Given(text.encode())
            case "<<<":
                own.stdin = Given(f"{text}\n".encode())
            case ">&" | "<&" if text in ("0", "1", "2", "-"):
                _duplicate(own, redirect.fd, text)
            case _ if text.startswith("/dev/tcp/"):
                await _dial(shell, text)
            case "<":
                own.stdin = _opened(shell, text)
            case operator:
                path = normal(text, shell.cwd)
                try:
                    sink = shell.machine.files.open_sink(path, append=">>" in operator)
                except Missing as missing:
                    raise Missing(f"{text}: {missing.text}") from None
                if redirect.fd == 2 or "&" in operator:
                    own.stderr = sink
                if redirect.fd != 2:
                    own.stdout = sink
    return own


async def _dial(shell: Shell, path: str) -> None:
    """bash's `/dev/tcp/host/port`: whether somebody takes the connection. Raises Missing."""
    host, _, port = path.removeprefix("/dev/tcp/").partition("/")
    failed = await connect(shell.machine, host, int(port) if port.isdigit() else 0)
    if failed is not None:
        raise Missing(f"connect: {failed}\nbash: line 1: {path}: {failed}")


def _opened(shell: Shell, text: str) -> Source:
    try:
        return shell.machine.files.open_source(normal(text, shell.cwd))
    except Missing as missing:
        raise Missing(f"{text}: {missing.text}") from None


def _duplicate(own: Streams, fd: int, target: str) -> None:
    sink = {"1": own.stdout, "2": own.stderr}.get(target)
    if sink is not None and fd == 1:
        own.stdout = sink
    elif sink is not None and fd == 2:
        own.stderr = sink
