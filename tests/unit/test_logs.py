"""Every line of the process takes one road: these tests write on it from all sides."""

import asyncio
import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from services.logs import FLOORS, bind_correlation, configure_logs

SECRET = "tr0ub4dor&3-and-more"

Lines = Callable[[], list[dict[str, Any]]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logging_put_back() -> Iterator[None]:
    """Leave the process's logging as it was found."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    libraries = {name: logging.getLogger(name).level for name in FLOORS}
    hooks = sys.excepthook, threading.excepthook
    yield
    logging.captureWarnings(False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in libraries.items():
        logging.getLogger(name).setLevel(before)
    sys.excepthook, threading.excepthook = hooks


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    """Logging as in the container; hands back what reads the lines so far."""
    configure_logs("info", "json", stream, hide=[SecretStr(SECRET)])
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_how_grave_from_where_and_what(lines: Lines) -> None:
    structlog.get_logger("cluster.poller").warning("source lost", node="pve", since_s=12.5)

    (line,) = lines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("at"))
    assert line == {
        "level": "warning",
        "logger": "cluster.poller",
        "event": "source lost",
        "node": "pve",
        "since_s": 12.5,
    }


@pytest.mark.parametrize("name", ["uvicorn", "apscheduler.scheduler", "urllib3", "nicegui", "x"])
def test_a_library_s_lines_take_the_same_road(lines: Lines, name: str) -> None:
    logging.getLogger(name).warning("dialling https://root:%s@pve:8006", "hunter2")

    (line,) = lines()
    assert line["logger"] == name
    assert line["level"] == "warning"
    assert line["event"] == "dialling https://root:***@pve:8006"
    assert line["at"].endswith("Z")


def test_a_library_s_routine_is_silent_even_at_debug(stream: io.StringIO) -> None:
    configure_logs("debug", "json", stream)

    logging.getLogger("urllib3.connectionpool").debug("GET /api2/json")
    logging.getLogger("uvicorn.access").info("GET /")
    for client in ("httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(client).info("HTTP Request")
    structlog.get_logger("cluster.poller").debug("polled")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["polled"]


def test_handlers_that_a_library_hung_up_are_taken_down(stream: io.StringIO) -> None:
    own = logging.StreamHandler(io.StringIO())
    logging.getLogger("uvicorn").addHandler(own)
    logging.getLogger("uvicorn").propagate = False

    configure_logs("info", "json", stream)
    logging.getLogger("uvicorn").warning("once")

    assert stream.getvalue().count("once") == 1
    assert own.stream.getvalue() == ""


def test_below_the_level_nothing_is_written(lines: Lines) -> None:
    structlog.get_logger("cluster.poller").debug("polled", took_ms=12)

    assert lines() == []


def test_configuring_again_replaces_what_was_set(stream: io.StringIO) -> None:
    log = structlog.get_logger("app")
    first = io.StringIO()
    configure_logs("info", "json", first)
    log.info("one")
    configure_logs("error", "json", stream)

    log.info("two")
    log.error("three")

    assert first.getvalue().count("\n") == 1
    assert stream.getvalue().count("\n") == 1


async def test_correlation_ids_follow_the_task_and_keep_to_it(lines: Lines) -> None:
    log = structlog.get_logger("cluster")

    async def poll() -> str:
        with bind_correlation("poll") as ident:
            await asyncio.gather(note(), note())
        log.info("outside")
        return ident

    async def note() -> None:
        log.info("inside")

    first, second = await asyncio.gather(poll(), poll())

    assert first != second
    inside = sorted(line["poll"] for line in lines() if line["event"] == "inside")
    assert inside == sorted([first, first, second, second])
    assert not [line for line in lines() if line["event"] == "outside" and "poll" in line]


def test_a_library_s_line_carries_the_correlation_of_its_caller(lines: Lines) -> None:
    with bind_correlation("request", "7f3a91c2"):
        logging.getLogger("urllib3").warning("retrying")

    assert lines()[0]["request"] == "7f3a91c2"


def write_everywhere(secret: str) -> None:
    """Put one secret into each place a line has."""
    log = structlog.get_logger("leaky")
    log.info(f"text {secret}")
    log.info("a value", value=f"x{secret}", other=SecretStr(secret))
    log.info("a nested value", value={"a": [{"b": (secret, secret.encode())}]})
    log.info("a key", **{secret: 1})
    log.info("an object", value=RuntimeError(secret))
    log.info("positional %s", secret)
    log.bind(bound=secret).info("bound")
    with bind_correlation("job", secret):
        log.info("correlated")
    try:
        raise RuntimeError(f"refused {secret}") from ValueError(secret)
    except RuntimeError as error:
        error.add_note(f"while using {secret}")
        log.exception("caught")
        log.error("handed over", exc_info=error)
        logging.getLogger("foreign").exception("caught %s", secret)
        sys.excepthook(type(error), error, error.__traceback__)
    logging.getLogger("foreign").warning("text %s", {"deep": [secret]})
    logging.getLogger("foreign").warning("bad format %d", secret)
    logging.getLogger("foreign").warning("extra", extra={"detail": secret})
    warnings.warn(f"deprecated {secret}", UserWarning, stacklevel=1)
    thread = threading.Thread(target=lambda: 1 / len([secret, {}["no"]]), name="worker")
    thread.start()
    thread.join()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("style", ["json", "console"])
def test_a_known_secret_is_in_no_line(
    style: str, stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("debug", style, stream, hide=[SecretStr(SECRET)])  # type: ignore[arg-type]

    write_everywhere(SECRET)

    assert SECRET not in stream.getvalue()
    assert stream.getvalue().count("***") >= 14
    assert "uncaught exception" in stream.getvalue()
    assert SECRET not in "".join(capsys.readouterr())


@pytest.mark.filterwarnings("default")
def test_a_token_secret_is_recognised_without_being_told_of_it(stream: io.StringIO) -> None:
    uuid = "0f7e7a5c-6e0e-4b27-9d3b-6f1d2c3b4a59"
    configure_logs("debug", "json", stream)

    write_everywhere(f"PVEAPIToken=jarvis@pve!watch={uuid}")

    assert uuid not in stream.getvalue()
    assert "jarvis@pve!watch=***" in stream.getvalue()


def test_a_traceback_is_told_without_local_variables(stream: io.StringIO) -> None:
    configure_logs("info", "console", stream)
    passkey = "open sesame" + "!" * 3

    try:
        raise RuntimeError(len(passkey))
    except RuntimeError:
        structlog.get_logger("x").exception("failed")

    assert "RuntimeError: 14" in stream.getvalue()
    assert "sesame!!!" not in stream.getvalue()


def test_a_terminal_gets_text_and_a_pipe_gets_json() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for target in (terminal, pipe):
        configure_logs("info", "auto", target)
        structlog.get_logger("app").info("ready", port=8080)

    assert json.loads(pipe.getvalue())["port"] == 8080
    assert "ready" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


@pytest.mark.parametrize("style", ["json", "console"])
def test_foreign_text_cannot_forge_a_line_or_steer_a_terminal(
    style: str, stream: io.StringIO
) -> None:
    configure_logs("info", style, stream)  # type: ignore[arg-type]

    structlog.get_logger("x").info(
        "guest\n2026-01-01 all is well", name="a\nb\x1b[2J", deep=["c\nd"]
    )

    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_a_line_that_cannot_be_written_costs_nobody_anything(
    lines: Lines, stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    stream.close()

    structlog.get_logger("x").info("nobody hears this", value=SECRET)

    told = capsys.readouterr().err
    assert told == "a log line of x could not be written: ValueError\n"
