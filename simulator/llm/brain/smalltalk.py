"""What needs no look at anything: greetings, thanks, who speaks here."""

import re
from typing import Final

from .hearing import Heard

CAN: Final = (
    "I can tell how the cluster is, what is down, why a node is hot, what fills a storage, which "
    "guests lack a backup, what happened lately, and I can start, restart or back up a guest; "
    "what interrupts anything waits for your word"
)
UNKNOWN: Final = f"I am a scripted model; I do not know that. {CAN}."

_GREETINGS: Final = (
    ("morning", "Good morning."),
    ("morgen", "Good morning."),
    ("moin", "Good morning."),
    ("afternoon", "Good afternoon."),
    ("evening", "Good evening."),
    ("abend", "Good evening."),
    ("bonsoir", "Good evening."),
    ("home", "Welcome home."),
    ("back", "Welcome back."),
    ("there", "I am here."),
    ("awake", "I am here."),
)
_FIXED: Final = {
    "thanks": "You are welcome.",
    "bye": "Good-bye. I keep an eye on the house.",
    "well-being": "In good order, thank you. Shall I look at the cluster?",
    "joke": (
        "A backup that was never restored walks into a bar. Nobody knows whether it was there."
    ),
    "who": (
        "I am Jarvis, who looks after this homelab. In this demo a script lends me its words, not "
        "a language model: it reads the same tools and knows far less."
    ),
    "help": f"{CAN}.",
    "decline": "Very well. Nothing was sent.",
}


_ADDRESS: Final = re.compile(
    r"\b(?:call|address) (?:the user|him|her|them|the owner)(?: as)? "
    r"[\"“]?(?P<how>[\w][\w '-]{0,24}?)[\"”]?(?=[,.;:\n]|$)",
    re.IGNORECASE,
)


def chat(heard: Heard, system: str) -> str | None:
    """The answer to small talk, None where it is none.

    :param system: the system prompt, which may say how the owner wishes to be addressed.
    """
    how = _ADDRESS.search(system)
    if heard.intent == "greeting":
        words = heard.ask.lower()
        found = [answer for word, answer in _GREETINGS if word in words]
        greeting = found[0] if found else "Good day."
        if how is not None:
            greeting = f"{greeting[:-1]}, {how['how']}."
        return f"{greeting} What may I look at?"
    return _FIXED.get(heard.intent)
