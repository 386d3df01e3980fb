"""Why something could not be done in the talk, as facts.

    TalkError
    ├── EmptyMessage          nothing was said
    ├── TooLong               more than one message may hold
    ├── TurnRuns              an answer is being given in this conversation
    ├── NothingRuns           there is no answer to stop
    ├── NoSuchConversation    there is none by that id, or it is another person's
    ├── NoSuchMessage         it is not in the conversation, or it was cut off
    ├── NothingToAnswer       there is no question to answer anew
    ├── NotAPerson            only a signed-in person talks
    └── TooManyTurns          as many answers are being given as may be at once

Each has `because`, a sentence for a person without a full stop, and `remedy`, which may be None.
"""


class TalkError(Exception):
    """It was not done."""

    def __init__(self, because: str, remedy: str | None = None) -> None:
        self.because = because
        self.remedy = remedy
        super().__init__(f"{because}. {remedy}" if remedy else because)


class EmptyMessage(TalkError):
    """Nothing was said."""

    def __init__(self) -> None:
        super().__init__("There is nothing in the message", "Write something first")


class TooLong(TalkError):
    """It is longer than one message may be."""

    def __init__(self, chars: int, most_chars: int) -> None:
        self.chars = chars
        self.most_chars = most_chars
        super().__init__(
            f"The message has {chars:,} characters, and one may have {most_chars:,}",
            "Shorten it, or send it in pieces",
        )


class TurnRuns(TalkError):
    """An answer is still being given in this conversation."""

    def __init__(self) -> None:
        super().__init__(
            "An answer is being given in this conversation", "Stop it, or wait for its end"
        )


class NothingRuns(TalkError):
    """There is no answer to stop."""

    def __init__(self) -> None:
        super().__init__("No answer is being given in this conversation")


class NoSuchConversation(TalkError):
    """There is none by that id that is this person's."""

    def __init__(self) -> None:
        super().__init__("There is no such conversation", "Choose one from the list")


class NoSuchMessage(TalkError):
    """It is not in this conversation, or not any more, or not of the wanted kind."""

    def __init__(self) -> None:
        super().__init__("There is no such message in this conversation")


class NothingToAnswer(TalkError):
    """Nobody has asked anything in this conversation."""

    def __init__(self) -> None:
        super().__init__("Nothing was asked in this conversation yet")


class NotAPerson(TalkError):
    """Only a person who is signed in may talk here."""

    def __init__(self) -> None:
        super().__init__("Only a signed-in person talks to Jarvis")


class TooManyTurns(TalkError):
    """As many answers are being given as may be at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"{most} answers are being given at this moment", "Try again shortly")
