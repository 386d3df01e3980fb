"""One chain for every log line, ours and the libraries': timed, correlated, redacted, bounded."""

import json
import logging
import secrets
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Literal, TextIO

import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger

from services.clock import Clock, SystemClock, as_stored
from services.redaction import Redactor

FLOORS: dict[str, int] = {
    "aiohttp.access": logging.WARNING,
    "aiohttp": logging.INFO,
    "apscheduler": logging.WARNING,
    "asyncio": logging.INFO,
    "asyncssh": logging.WARNING,
    "engineio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpcore2": logging.WARNING,
    "httpx": logging.WARNING,
    "httpx2": logging.WARNING,
    "nicegui": logging.INFO,
    "proxmoxer": logging.INFO,
    "socketio": logging.WARNING,
    "urllib3": logging.WARNING,
    "uvicorn": logging.INFO,
    "uvicorn.access": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "watchfiles": logging.WARNING,
    "wsproto": logging.WARNING,
}
"""Least severe level of each library's lines, whatever JARVIS_LOG_LEVEL asks for ourselves.

Routine requests of a library are no news, and some print headers or payloads at debug.
"""

LogFormat = Literal["auto", "json", "console"]
Correlation = Literal["request", "poll", "job", "page"]

_TRACES = ("exception", "stack")


def configure_logs(
    level: str,
    format: LogFormat = "auto",
    stream: TextIO | None = None,
    *,
    hide: Iterable[SecretStr | str | None] = (),
    clock: Clock | None = None,
) -> None:
    """Send every log line of the process to `stream` (standard error by default).

    `level` is debug, info, warning or error; `format` "auto" means console on a terminal and JSON
    lines elsewhere. `hide` are secrets known by value. Calling again replaces what was set before.
    uvicorn must be started with `log_config=None`, or it hangs handlers of its own beside ours.
    """
    target = stream if stream is not None else sys.stderr
    for_reader = format == "console" or (format == "auto" and target.isatty())
    redactor = Redactor.knowing(hide)
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        _stamped(clock or SystemClock()),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redacted(redactor, one_line=for_reader),
                _renderer(for_reader, colours=target.isatty()),
            ],
        )
    )
    _apply_levels(getattr(logging, level.upper()), handler)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def new_ident() -> str:
    """An id for lines that belong together."""
    return secrets.token_hex(4)


@contextmanager
def bind_correlation(kind: Correlation, ident: str | None = None) -> Iterator[str]:
    """Bind an id to every line written inside, by this task and the tasks it starts.

    The line shows it under its kind (`request=7f3a91c2`). Hands out the id; a new one without
    `ident`. A thread sees it only when it runs in a copy of the context.
    """
    name = ident or new_ident()
    with structlog.contextvars.bound_contextvars(**{kind: name}):
        yield name


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines; a line that cannot be formed says so without showing what was in it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        error = sys.exc_info()[0]
        cause = error.__name__ if error else "an unknown error"
        try:
            sys.stderr.write(f"a log line of {record.name} could not be written: {cause}\n")
        except (OSError, ValueError):
            return  # standard error is gone as well: there is nobody left to tell


def _apply_levels(level: int, handler: logging.Handler) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, floor in FLOORS.items():
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(max(level, floor))


def _stamped(clock: Clock) -> Processor:
    def stamp(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["at"] = as_stored(clock.now())
        return event

    return stamp


def _redacted(redactor: Redactor, *, one_line: bool) -> Processor:
    def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        clean: EventDict = {}
        for key, item in event.items():
            if key in _TRACES:
                clean[key] = redactor.trace(str(item))
                continue
            shown = redactor.text(str(item)) if key == "event" else redactor.under(key, item)
            # On a terminal a line break in foreign text could pass for a line of ours.
            breaks = one_line and isinstance(shown, str)
            clean[redactor.text(key)] = str(shown).replace("\n", "\\n") if breaks else shown
        return clean

    return redact


def _renderer(for_reader: bool, *, colours: bool) -> Processor:
    if for_reader:
        return structlog.dev.ConsoleRenderer(
            colors=colours,
            timestamp_key="at",
            exception_formatter=structlog.dev.plain_traceback,
        )
    return _json_line


def _json_line(_: WrappedLogger, __: str, event: EventDict) -> str:
    first = {key: event.pop(key) for key in ("at", "level", "logger", "event") if key in event}
    return json.dumps({**first, **event}, ensure_ascii=False)


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger("process").critical("uncaught exception", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(failure: threading.ExceptHookArgs) -> None:
    structlog.get_logger("process").critical(
        "uncaught exception",
        thread=failure.thread.name if failure.thread else None,
        exc_info=(failure.exc_type, failure.exc_value, failure.exc_traceback),
    )
