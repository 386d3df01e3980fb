"""Every public error of the SDK and of the library below it has a meaning."""

import inspect
import ssl
from collections.abc import Iterator

import anthropic
import httpx2
import pytest

from services.dialing import DialRefused
from services.llm.claude.door import DOOR, AskedClaude, translate
from services.llm.errors import (
    AnswerCut,
    AnswerUnreadable,
    ProviderError,
    ProviderForbidden,
    ProviderUnreachable,
)

ASKED = AskedClaude(
    base_url="https://api.anthropic.com", model="claude-haiku-5-5", silence_timeout_s=60
)
UNDER_WAY = AskedClaude(
    base_url="https://api.anthropic.com",
    model="claude-haiku-5-5",
    silence_timeout_s=60,
    under_way=True,
)


def public_exceptions() -> Iterator[object]:
    for module in (anthropic, httpx2, ssl):
        for name, kind in inspect.getmembers(module, inspect.isclass):
            told = issubclass(kind, Exception) and not issubclass(kind, Warning)
            if told and not name.startswith("_"):
                yield pytest.param(kind, id=f"{module.__name__}.{name}")


@pytest.mark.parametrize("kind", list(public_exceptions()))
def test_every_public_error_of_the_libraries_has_a_meaning_of_its_own(
    kind: type[Exception],
) -> None:
    assert any(issubclass(kind, known) for known, _ in DOOR), f"{kind} goes through no door"


@pytest.mark.parametrize("kind", list(public_exceptions()))
@pytest.mark.parametrize("asked", [ASKED, UNDER_WAY], ids=["before", "under way"])
def test_every_meaning_can_be_told(kind: type[Exception], asked: AskedClaude) -> None:
    error = translate(kind.__new__(kind), asked)

    assert isinstance(error, ProviderError)
    assert error.because
    assert not error.because.endswith(".")
    assert "Error" not in error.because
    assert "object at" not in error.because


def test_what_lies_beneath_is_told_and_not_the_wrapping() -> None:
    wrapped = anthropic.APIConnectionError.__new__(anthropic.APIConnectionError)
    wrapped.__cause__ = httpx2.ConnectError("all attempts failed")
    wrapped.__cause__.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")

    error = translate(wrapped, ASKED)

    assert isinstance(error, ProviderUnreachable)
    assert error.because == "api.anthropic.com showed a certificate that is not trusted"


def test_a_connection_lost_within_the_answer_is_a_cut_answer() -> None:
    lost = httpx2.RemoteProtocolError("peer closed connection without sending complete body")

    assert isinstance(translate(lost, UNDER_WAY), AnswerCut)
    assert isinstance(translate(lost, ASKED), ProviderUnreachable)


def test_an_address_that_may_not_be_dialled_is_told_as_such() -> None:
    assert isinstance(translate(DialRefused("192.0.2.1"), ASKED), ProviderForbidden)


def test_an_error_nobody_knows_is_an_answer_nobody_can_read() -> None:
    class Strange(Exception):
        pass

    error = translate(Strange(), ASKED)

    assert isinstance(error, AnswerUnreadable)
    assert "Strange" in error.because
