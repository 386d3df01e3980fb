"""Why the gate does not do what a person asked of the gate itself.

    GateError
    ├── PersonWanted          only a signed-in person may
    ├── NoSuchApproval        the number names no approval
    ├── NotYours              it belongs to another user
    ├── AlreadySettled        it was decided, has lapsed or was cancelled
    ├── NoPasskey             no passkey has been set
    ├── PasskeyRefused        the passkey is wrong
    │   └── PasskeyTriedTooOften  refused unseen until a moment has passed
    ├── PasskeyUnfit          a new passkey that is not accepted
    ├── MinutesRefused        an override may last 1 to 30 minutes
    └── NotWhileStoodDown     not while Jarvis is stood down

What becomes of a tool call is no error: it is a ToolResult with an outcome and a `because`. Each
error here has `because` and `remedy`, clauses for a person without a full stop.
"""


class GateError(Exception):
    """The gate does not do what was asked of it."""

    def __init__(self, because: str, remedy: str | None = None) -> None:
        self.because = because
        self.remedy = remedy
        super().__init__(f"{because}. {remedy}" if remedy else because)


class PersonWanted(GateError):
    """Only a signed-in person may."""

    def __init__(self, what: str) -> None:
        super().__init__(f"only a signed-in person may {what}")


class NoSuchApproval(GateError):
    """The number names no approval."""

    def __init__(self) -> None:
        super().__init__("there is no such approval", "Ask for the call again")


class NotYours(GateError):
    """It belongs to another user."""


class AlreadySettled(GateError):
    """It was decided, has lapsed or was cancelled."""


class NoPasskey(GateError):
    """No passkey has been set."""

    def __init__(self) -> None:
        super().__init__(
            "no passkey has been set",
            "Set one on the page, or JARVIS_OVERRIDE_HASH with `jarvis hash-password`",
        )


class PasskeyRefused(GateError):
    """The passkey is wrong."""

    def __init__(self, *, retry_s: int, because: str = "the passkey is wrong") -> None:
        self.retry_s = retry_s
        super().__init__(because, f"Next try in {retry_s}\u00a0s" if retry_s else None)


class PasskeyTriedTooOften(PasskeyRefused):
    """Refused without a look at the passkey."""

    def __init__(self, *, retry_s: int) -> None:
        super().__init__(retry_s=retry_s, because="too many wrong passkeys")


class PasskeyUnfit(GateError):
    """A new passkey that is not accepted."""


class MinutesRefused(GateError):
    """An override may last 1 to 30 minutes."""

    def __init__(self, minutes: int, *, most: int) -> None:
        super().__init__(f"an override may last 1 to {most} minutes, not {minutes}")


class NotWhileStoodDown(GateError):
    """Not while Jarvis is stood down."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Jarvis is stood down: {what} has to wait", "Lift the stand-down first")
