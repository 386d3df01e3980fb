"""Why someone is not let in, or no longer.

AuthError
├── SessionEnded        the session was ended or has expired
├── SignInRefused       name and password do not belong together
│   └── TriedTooOften   refused unseen until a moment has passed
├── SignInBusy          too many passwords are being checked at once
├── LinkSpent           the one-time link was used, has expired or never was
├── SetupClosed         there is an owner already
├── SetupCodeWrong      the code from the log was wanted and not given
├── PasswordGiven       the password stands in the settings and is changed there
└── PasswordTooWeak     the new password is not accepted
"""


class AuthError(Exception):
    """Someone is not let in."""


class SessionEnded(AuthError):
    """The session was ended or has expired."""

    def __init__(self) -> None:
        super().__init__("The session has ended. Sign in again.")


class SignInRefused(AuthError):
    """Name and password do not belong together; which of them is wrong is not told."""

    def __init__(self, *, retry_s: int, what: str = "Wrong name or password.") -> None:
        self.retry_s = retry_s
        later = f" Next try in {retry_s}\u00a0s." if retry_s else ""
        super().__init__(f"{what}{later}")


class TriedTooOften(SignInRefused):
    """Refused without a look at the password."""

    def __init__(self, *, retry_s: int) -> None:
        super().__init__(retry_s=retry_s, what="Too many attempts.")


class SignInBusy(AuthError):
    """Too many passwords are being checked at once."""

    def __init__(self) -> None:
        super().__init__("Too many people are signing in at once. Try again in a few seconds.")


class LinkSpent(AuthError):
    """The one-time link opens nothing."""

    def __init__(self) -> None:
        super().__init__("This link was used or has expired. Sign in, or have a new one printed.")


class SetupClosed(AuthError):
    """There is an owner already."""

    def __init__(self) -> None:
        super().__init__("Jarvis has an owner already. Sign in.")


class SetupCodeWrong(AuthError):
    """The code from the log was wanted and not given."""

    def __init__(self, *, retry_s: int) -> None:
        self.retry_s = retry_s
        later = f" Next try in {retry_s}\u00a0s." if retry_s else ""
        super().__init__(f"Wrong setup code. It stands in the log of Jarvis.{later}")


class PasswordTooWeak(AuthError):
    """The new password is not accepted."""


class PasswordGiven(AuthError):
    """The password stands in the settings and is changed there."""

    def __init__(self) -> None:
        super().__init__(
            "The password is set by JARVIS_PASSWORD_HASH. Change it there and start Jarvis anew."
        )
