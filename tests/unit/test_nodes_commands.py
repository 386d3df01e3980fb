"""Words become a line for a remote shell in one place, and the line says what the words said."""

import ast
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.nodes.commands import (
    command_line,
    in_bash,
    in_held_bash,
    kill_line,
    quote,
    told_command,
)
from services.nodes.errors import CommandUnspeakable
from services.nodes.output import KEPT_BYTES, Stream, keep
from tests.support.source_trees import nodes, told

ROOT = Path(__file__).parents[2]
SERVICES = sorted((ROOT / "services").rglob("*.py"))
CALL = "6f1c0a9be2d34c51"
WORDS = st.lists(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12),
    max_size=5,
)


def test_a_line_has_its_limit_its_locale_and_its_marker() -> None:
    line = command_line(["sensors", "-j"], call=CALL, timeout_s=30.0)

    assert line == f"timeout -k 5 35 env LC_ALL=C JARVIS_CALL={CALL} sensors -j"


@settings(max_examples=60)
@given(words=WORDS)
def test_a_shell_reads_the_very_words_that_were_given(words: list[str]) -> None:
    line = quote(["printf", "%s\\0", *words])

    for shell in ("sh", "bash"):
        ran = subprocess.run([shell, "-c", line], capture_output=True, check=True, timeout=10)
        expected = b"".join(word.encode() + b"\0" for word in words) if words else b"\0"
        assert ran.stdout == expected


@pytest.mark.parametrize(
    "argv",
    [[], [""], ["echo", "a\x00"], ["x" * 130_000], ["\udc80"], "echo hello"],
    ids=["nothing", "no name", "NUL", "too long", "no text", "a string"],
)
def test_what_cannot_be_said_is_not_sent(argv: list[str]) -> None:
    with pytest.raises(CommandUnspeakable):
        quote(argv)
    with pytest.raises(CommandUnspeakable):
        command_line(argv, call=CALL, timeout_s=30)


@pytest.mark.parametrize("call", ["", "x; reboot", ".*", "6F1C", "g" * 16])
def test_a_marker_is_never_anything_else(call: str) -> None:
    with pytest.raises(CommandUnspeakable):
        command_line(["true"], call=call, timeout_s=30)
    with pytest.raises(CommandUnspeakable):
        kill_line(call)


def test_the_pattern_that_looks_for_a_command_does_not_find_itself() -> None:
    assert CALL in command_line(["true"], call=CALL, timeout_s=30)
    assert CALL not in kill_line(CALL)


def test_a_command_is_told_in_one_short_line() -> None:
    assert told_command(in_bash("ls  -l\n| wc")) == "ls -l | wc"
    assert told_command(in_held_bash("ls  -l\n| wc")) == "ls -l | wc"
    assert told_command(["echo", "a b"]) == "echo 'a b'"
    assert len(told_command(["echo", "x" * 500])) == 120


# What is kept of the output


def fed(data: bytes, kept_bytes: int = KEPT_BYTES, piece: int = 997) -> Stream:
    stream = Stream(kept_bytes)
    for at in range(0, len(data), piece):
        stream.take(data[at : at + piece])
    return stream


@settings(max_examples=200)
@given(
    out=st.binary(max_size=3_000),
    err=st.binary(max_size=3_000),
    piece=st.integers(1, 700),
    kept=st.integers(200, 1_500),
)
def test_both_ends_are_kept_and_what_is_missing_is_counted(
    out: bytes, err: bytes, piece: int, kept: int
) -> None:
    output = keep(fed(out, kept, piece), fed(err, kept, piece), kept)

    if len(out) + len(err) <= kept:
        assert output.cut_bytes == 0
        assert output.stdout == out.decode("utf-8", "replace")
        assert output.stderr == err.decode("utf-8", "replace")
    else:
        assert output.cut_bytes > 0
        assert f"{output.cut_bytes} bytes left out" in output.stdout + output.stderr or (
            (output.stdout + output.stderr).count("bytes left out") == 2
        )


@settings(max_examples=100)
@given(text=st.text(alphabet="aäß€😀", min_size=400, max_size=2_000), piece=st.integers(1, 50))
def test_no_character_is_torn_where_something_is_left_out(text: str, piece: int) -> None:
    output = keep(fed(text.encode(), 300, piece), Stream(300), 300)

    if output.cut_bytes:
        assert "\ufffd" not in output.stdout
        head, _, tail = output.stdout.partition("\n[… ")
        assert text.startswith(head)
        assert text.endswith(tail.partition("…]\n")[2])
        assert len(output.stdout.encode()) <= 300
        assert output.cut_bytes == len(text.encode()) - len(head.encode()) - len(
            tail.partition("…]\n")[2].encode()
        )


def test_an_error_is_not_drowned_by_a_flood() -> None:
    output = keep(fed(b"x" * 2_000_000, piece=32_768), fed(b"disk is full\n"))

    assert output.stderr == "disk is full\n"
    assert len(output.stdout) + len(output.stderr) <= KEPT_BYTES


# The law


def calls(path: Path) -> Iterator[ast.Call]:
    for node in nodes(path):
        if isinstance(node, ast.Call):
            yield node


def test_nothing_but_the_nodes_room_speaks_ssh() -> None:
    importing = {
        told(path)
        for path in SERVICES
        for node in nodes(path)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and "asyncssh" in [getattr(node, "module", None), *(alias.name for alias in node.names)]
    }

    assert importing
    assert not [name for name in importing if not name.startswith("services/nodes/")]


def test_words_are_quoted_in_one_place_alone() -> None:
    quoting = {
        told(path)
        for path in SERVICES
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "shlex"
        and node.attr in ("quote", "join")
    }

    assert "services/nodes/commands.py" in quoting
    assert not [name for name in quoting if name != "services/nodes/commands.py"]


SENDING = {"create_session", "create_process", "create_subprocess", "open_session"}
OUR_LINES = {"command_line", "kill_line", "quote"}


def test_no_line_reaches_a_node_that_was_not_built_in_that_place() -> None:
    """Whoever opens a session calls the builder right there; a terminal takes a line it made."""
    strangers = []
    for path in SERVICES:
        for call in calls(path):
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in SENDING:
                continue
            given_ = [keyword.value for keyword in call.keywords if keyword.arg == "command"]
            line = call.args[1] if len(call.args) > 1 else given_[0] if given_ else None
            is_built = (
                isinstance(line, ast.Call)
                and isinstance(line.func, ast.Name)
                and line.func.id in OUR_LINES
            )
            # A terminal opens a shell without any line, or takes one that `quote` has made.
            is_terminal = told(path) == "services/nodes/pty.py" and isinstance(line, ast.Name)
            if line is not None and not is_built and not is_terminal:
                strangers.append(f"{told(path)}:{call.lineno}")
    assert not strangers

    asked = [
        ast.unparse(call)
        for path in SERVICES
        for call in calls(path)
        if ast.unparse(call.func) == "open_pty"
        for keyword in call.keywords
        if keyword.arg == "command" and not isinstance(keyword.value, ast.Name | ast.Constant)
    ]
    assert not [text for text in asked if "quote(" not in text]


def test_no_service_runs_a_command_on_a_connection_by_itself() -> None:
    strangers = [
        f"{told(path)}:{call.lineno}"
        for path in SERVICES
        for call in calls(path)
        if ast.unparse(call.func).endswith(("connection.run", "conn.run", "ssh.run"))
    ]

    assert not strangers


def test_what_is_expected_of_a_shell_is_what_shlex_would_make_of_it() -> None:
    argv = ["echo", "it's", "$HOME", "a\nb"]

    assert shlex.split(quote(argv)) == argv
