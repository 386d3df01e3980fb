"""What happens at the door, as events with a sentence for a person."""

from dataclasses import dataclass
from typing import ClassVar

from services.events import Event, Happening, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsEnded(Event):
    """Sessions are over: whatever they have open must close. Not kept in the journal."""

    keys: frozenset[str]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserHappening(Happening):
    """Something happened to an account."""

    user: str
    address: str

    @property
    def subject(self) -> str:
        return f"user/{self.user}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerCreated(UserHappening):
    """The first account was made."""

    severity: ClassVar[Severity] = Severity.GOOD

    def sentence(self) -> str:
        return f"{self.user} was made the owner of this house from {self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(UserHappening):
    """Someone signed in."""

    by_link: bool = False

    def sentence(self) -> str:
        how = " with a one-time link" if self.by_link else ""
        return f"{self.user} signed in from {self.address}{how}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut(UserHappening):
    """Someone signed out."""

    def sentence(self) -> str:
        return f"{self.user} signed out from {self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutEverywhere(UserHappening):
    """All sessions of an account were ended."""

    severity: ClassVar[Severity] = Severity.WARNING
    sessions: int

    def sentence(self) -> str:
        count = "1 session" if self.sessions == 1 else f"{self.sessions} sessions"
        return f"{self.user} signed out everywhere: {count} ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed(Happening):
    """A sign-in was refused; a name that has no account is not repeated."""

    severity: ClassVar[Severity] = Severity.INFO
    user: str | None
    address: str
    attempts: int
    retry_s: int

    @property
    def subject(self) -> str:
        return f"user/{self.user}" if self.user else "door"

    def sentence(self) -> str:
        who = self.user or "an unknown account"
        later = f"; next try in {self.retry_s} s" if self.retry_s else ""
        return f"A sign-in to {who} from {self.address} was refused{later}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInGuessed(SignInFailed):
    """So many sign-ins were refused that someone seems to be guessing."""

    severity: ClassVar[Severity] = Severity.WARNING

    def sentence(self) -> str:
        who = self.user or "unknown accounts"
        return (
            f"{self.attempts} sign-ins to {who} from {self.address} were refused; "
            f"next try in {self.retry_s} s"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(UserHappening):
    """The password of an account is another one; its other sessions are over."""

    severity: ClassVar[Severity] = Severity.WARNING
    sessions: int
    """How many other sessions ended."""

    def sentence(self) -> str:
        ended = f"; {self.sessions} other sessions ended" if self.sessions else ""
        return f"{self.user} changed the password from {self.address}{ended}"
