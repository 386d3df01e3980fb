"""Why a provider gave no answer, as facts.

    ProviderError
    ├── ProviderUnready           nothing was sent
    │   ├── ProviderMissing         it is not configured
    │   ├── ProviderForbidden       its address may not be dialled here
    │   ├── ProviderResting         it failed repeatedly and is left alone for a while
    │   ├── ModelLoading            llama-server is still loading its model
    │   └── BudgetSpent             the day's or the month's money is gone
    ├── ProviderFault             it could not serve; the next request may fail as well
    │   ├── ProviderUnreachable     no name, no route, refused, reset
    │   ├── ProviderTimedOut        no byte in time, before the answer or within it
    │   ├── ProviderOverloaded      529, 503: too many ask it
    │   ├── RateLimited             429: we ask too much of it
    │   ├── ProviderFailed          any other 5xx
    │   ├── KeyRefused              401, 403
    │   ├── CreditSpent             402: the account has no money
    │   ├── AnswerCut               the stream ended before the answer did
    │   └── AnswerUnreadable        what came is not what it sends
    └── RequestRefused            it answered; this very request is not taken
        ├── ContextExceeded         longer than its window
        └── ModelUnknown            it has no such model

Each has `because` and `remedy`, sentences for a person without a full stop, and chains its cause.
`repeat_helps` tells whether the same request may well succeed when it is sent once more, and
`streamed` whether a piece of the answer had already been handed out.
"""

from datetime import datetime
from decimal import Decimal

from services.llm.messages import ProviderName


class ProviderError(Exception):
    """A provider gave no answer, or not a whole one."""

    repeat_helps: bool = False

    def __init__(
        self,
        provider: ProviderName,
        because: str,
        remedy: str | None = None,
        *,
        repeat_helps: bool | None = None,
    ) -> None:
        self.provider = provider
        self.because = because
        self.remedy = remedy
        self.streamed = False
        """Whether text of the answer was handed out before it failed."""
        self.attempts = 1
        """How often the request was sent, repeats by the provider's own library included."""
        if repeat_helps is not None:
            self.repeat_helps = repeat_helps
        super().__init__(f"{because}. {remedy}" if remedy else because)


class ProviderUnready(ProviderError):
    """Nothing was sent."""


class ProviderMissing(ProviderUnready):
    """The provider is not configured."""

    def __init__(self, provider: ProviderName, setting: str) -> None:
        self.setting = setting
        what = "Claude" if provider is ProviderName.CLAUDE else "The local model"
        super().__init__(provider, f"{what} is not set up", f"Set {setting}")


class ProviderForbidden(ProviderUnready):
    """The demo or a test was about to dial another machine."""


class ProviderResting(ProviderUnready):
    """The provider failed repeatedly and is left alone until `until`."""

    def __init__(self, provider: ProviderName, cause: str, until: datetime) -> None:
        self.cause = cause
        self.until = until
        super().__init__(
            provider, f"{told_name(provider)} rests until {until:%H:%M:%S} UTC: {within(cause)}"
        )


class ModelLoading(ProviderUnready):
    """llama-server answers, and has not loaded its model yet."""

    def __init__(self) -> None:
        super().__init__(
            ProviderName.LOCAL, "The local model is still being loaded", "It is there in a moment"
        )


class BudgetSpent(ProviderUnready):
    """The budget of the period is used up or spoken for."""

    def __init__(self, period: str, *, limit_usd: Decimal, spent_usd: Decimal) -> None:
        self.period = period
        """`day` or `month`, in UTC."""
        self.limit_usd = limit_usd
        self.spent_usd = spent_usd
        super().__init__(
            ProviderName.CLAUDE,
            f"The {period}'s budget of {limit_usd:.2f}\u00a0USD is spent"
            f" ({spent_usd:.2f}\u00a0USD so far, what is under way included)",
            f"It begins anew with the next {period} in UTC; BUDGET_{period.upper()}_USD sets it",
        )


class ProviderFault(ProviderError):
    """The provider could not serve; it counts against it."""

    certain = False
    """Whether one such fault is enough to leave the provider alone."""

    def __init__(
        self,
        provider: ProviderName,
        because: str,
        remedy: str | None = None,
        *,
        repeat_helps: bool | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.retry_after_s = retry_after_s
        """How long the provider asked to be left alone."""
        super().__init__(provider, because, remedy, repeat_helps=repeat_helps)


class ProviderUnreachable(ProviderFault):
    """No connection came about, or it was cut before an answer began."""


class ProviderTimedOut(ProviderFault):
    """Nothing came for longer than it may take."""


class ProviderOverloaded(ProviderFault):
    """Too many ask it at the moment."""

    repeat_helps = True


class RateLimited(ProviderFault):
    """We ask more of it than the account may."""


class ProviderFailed(ProviderFault):
    """It answered with a failure of its own."""

    repeat_helps = True


class KeyRefused(ProviderFault):
    """Who we are was not believed, or may not do this."""

    certain = True


class CreditSpent(ProviderFault):
    """The account has no money left."""

    certain = True


class AnswerCut(ProviderFault):
    """The stream ended before the answer did."""

    repeat_helps = True


class AnswerUnreadable(ProviderFault):
    """Something came that is not what the provider sends."""

    repeat_helps = True


class RequestRefused(ProviderError):
    """The provider answered, and does not take this request; another may pass."""


class ContextExceeded(RequestRefused):
    """The request is longer than the model's window, or than the room left beside the answer."""

    def __init__(
        self,
        provider: ProviderName,
        *,
        tokens: int | None = None,
        limit_tokens: int | None = None,
    ) -> None:
        self.tokens = tokens
        self.limit_tokens = limit_tokens
        figures = f" ({tokens} tokens, {limit_tokens} fit)" if tokens and limit_tokens else ""
        super().__init__(
            provider,
            f"This is too long for {told_name(provider)}{figures}",
            "Shorten it, or start a new session",
        )


class ModelUnknown(RequestRefused):
    """The provider has no such model, or has it no longer."""

    def __init__(self, provider: ProviderName, model: str, *, what: str = "is not known") -> None:
        self.model = model
        self.what = what
        super().__init__(
            provider,
            f"Claude's model {model} {what}",
            "Name one that is there in the CLAUDE_MODEL_ settings",
        )


def told_name(provider: ProviderName) -> str:
    """The provider as a sentence names it, within the sentence."""
    return {
        ProviderName.CLAUDE: "Claude",
        ProviderName.LOCAL: "the local model",
        ProviderName.DIRECT: "the rules",
    }[provider]


def capital(text: str) -> str:
    """The text with a capital to begin a sentence; a capital within it stays."""
    return text[:1].upper() + text[1:]


def within(sentence: str) -> str:
    """The sentence as it stands within another; a name keeps its capital."""
    plain = sentence.startswith(("The ", "There "))
    return sentence[:1].lower() + sentence[1:] if plain else sentence
