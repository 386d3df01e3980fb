"""What the doors of both providers do alike: follow an error to its causes, and say what it means.

A door is a table: the first of its classes that fits any link of the chain of causes counts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.llm.errors import AnswerCut, AnswerUnreadable, ProviderError, ProviderUnreachable
from services.llm.messages import ProviderName


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who was being asked, and how long it might take, when an error came."""

    base_url: str
    silence_timeout_s: float
    under_way: bool = False
    """Whether the answer had begun."""

    @property
    def host(self) -> str:
        """`api.anthropic.com`, `192.0.2.20:9931`."""
        return urlsplit(self.base_url).netloc or self.base_url


Meaning = Callable[..., ProviderError]
"""Of a foreign error and what was `Asked`."""
Door = tuple[tuple[type[BaseException], Meaning], ...]
"""Foreign classes and what each means, the nearer before the wider."""


def follow_causes(
    error: BaseException, *, until: type[BaseException] | None = None
) -> Iterator[BaseException]:
    """The error and what led to it, up to one of that class."""
    seen: set[int] = set()
    next_: BaseException | None = error
    while next_ is not None and id(next_) not in seen:
        seen.add(id(next_))
        yield next_
        if until is not None and isinstance(next_, until):
            return
        next_ = next_.__cause__ or (None if next_.__suppress_context__ else next_.__context__)


def find_meaning(door: Door, chain: list[BaseException], asked: Asked) -> ProviderError | None:
    """What the first row that fits makes of it; None where nobody has mapped any of it."""
    for kind, meaning in door:
        for cause in chain:
            if isinstance(cause, kind):
                return meaning(cause, asked)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said of one provider whatever the library that failed."""

    provider: ProviderName
    is_there: str
    """The remedy where nobody answers."""
    is_it: str
    """The remedy where what answers is something else."""
    repeat_helps: bool | None = None
    """Whether it may well be in reach a moment later."""

    def unreachable(self, what: str, remedy: str | None = None) -> Meaning:
        """Nothing came, or no more of it."""

        def meaning(_: BaseException, asked: Asked) -> ProviderError:
            if asked.under_way:
                because = f"{asked.host} {what} in the middle of the answer"
                return AnswerCut(self.provider, because)
            return ProviderUnreachable(
                self.provider,
                f"{asked.host} {what}",
                remedy or self.is_there,
                repeat_helps=self.repeat_helps,
            )

        return meaning

    def unreadable(self, what: str) -> Meaning:
        """Something came that it does not send."""

        def meaning(_: BaseException, asked: Asked) -> ProviderError:
            return AnswerUnreadable(
                self.provider,
                f"{asked.host} sent an answer that cannot be read: {what}",
                self.is_it,
            )

        return meaning

    def of_reading(self) -> Door:
        """What Python itself raises where an answer has another shape."""
        return (
            (UnicodeError, self.unreadable("it is not UTF-8")),
            (ValueError, self.unreadable("it is not JSON")),
            (AttributeError, self.unreadable("it has another shape")),
            (LookupError, self.unreadable("it has another shape")),
            (TypeError, self.unreadable("it has another shape")),
        )


def clean(text: object) -> str:
    """What a provider says of itself, on one line and without its full stop."""
    return " ".join(str(text).split())[:300].rstrip(".")


def after(text: str) -> str:
    """Those words behind ours."""
    return f": {text}" if text else ""
