import inspect
import re
from pathlib import Path

import asyncssh
import pytest

from services.dialing import DialRefused
from services.nodes import errors
from services.nodes.config import Address, parse_address
from services.nodes.door import DOOR, Asked, translate
from services.nodes.errors import (
    CommandRefused,
    DialForbidden,
    LoginRefused,
    NodeAway,
    NodesError,
    SshNotConfigured,
)

ASKED = Asked(
    node="pve", address=Address(host="192.0.2.11", port=22), user="root", told="sensors -j"
)


def public_exceptions():
    for name, kind in inspect.getmembers(asyncssh, inspect.isclass):
        if issubclass(kind, Exception) and not name.startswith("_"):
            yield pytest.param(kind, id=name)


def test_there_are_public_errors_to_look_at():
    assert len(list(public_exceptions())) > 40


@pytest.mark.parametrize("kind", list(public_exceptions()))
def test_every_public_error_of_asyncssh_has_a_meaning_of_its_own(kind):
    meanings = [known for known, _ in DOOR if issubclass(kind, known)]

    assert meanings, f"{kind} goes through no door"
    assert meanings[0] not in (OSError, ValueError), f"{kind} is only caught by {meanings[0]}"


@pytest.mark.parametrize("kind", [kind for kind, _ in DOOR if kind is not DialRefused])
def test_every_meaning_can_be_told(kind):
    error = translate(kind.__new__(kind), ASKED)

    assert isinstance(error, NodesError)
    assert error.because
    assert not error.because.endswith(".")
    assert "Error" not in error.because
    assert "None" not in error.because


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        pytest.param(asyncssh.PermissionDenied("no"), LoginRefused, "root", id="login"),
        pytest.param(TimeoutError(), NodeAway, "within 10 s", id="silence"),
        pytest.param(ConnectionRefusedError(), NodeAway, "refused", id="closed port"),
        pytest.param(OSError(113, "No route to host"), NodeAway, "No route to host", id="route"),
        pytest.param(
            asyncssh.ChannelOpenError(1, "open failed"), CommandRefused, "open failed", id="channel"
        ),
        pytest.param(asyncssh.KeyImportError("bad"), SshNotConfigured, "key", id="key"),
        pytest.param(DialRefused("192.0.2.11"), DialForbidden, "192.0.2.11", id="loopback only"),
        pytest.param(RuntimeError("?"), NodeAway, "RuntimeError", id="nobody knows"),
    ],
)
def test_an_error_tells_what_failed_and_where(error, kind, told):
    translated = translate(error, ASKED)

    assert type(translated) is kind
    assert told in translated.because


def test_one_of_our_own_errors_comes_out_of_whatever_it_was_wrapped_in():
    ours = DialForbidden("no", node="pve")
    wrapped = asyncssh.ConnectionLost("lost")
    wrapped.__cause__ = ours

    assert translate(wrapped, ASKED) is ours


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    told = re.findall(r"(?:├──|└──) (\w+)", errors.__doc__ or "")
    there = [
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, NodesError) and kind is not NodesError
    ]

    assert sorted(told) == sorted(there)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.11", "192.0.2.11", 22),
        ("pve.example:2222", "pve.example", 2222),
        ("[2001:db8::1]:2222", "2001:db8::1", 2222),
        ("2001:db8::1", "2001:db8::1", 22),
    ],
)
def test_an_address_is_read_in_every_form(text, host, port):
    assert parse_address(text, port=22) == Address(host=host, port=port)


@pytest.mark.parametrize(
    "text", ["", ":22", "a b", "h:0", "h:99999", "[::1", "[::1]x", "u@h", "h/x"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match="'"):
        parse_address(text, port=22)


def test_the_door_is_the_only_place_that_knows_asyncssh_s_errors_by_name():
    """Elsewhere they are caught and handed to it, or a connection's end is told from them."""
    allowed = {"door.py", "dial.py", "running.py", "pty.py", "terminal.py"}
    folder = Path(errors.__file__).parent

    others = {
        path.name
        for path in folder.glob("*.py")
        if re.search(r"except .*asyncssh\.", path.read_text())
    }
    assert others <= allowed
