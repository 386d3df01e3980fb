"""Who speaks through a double: its script, one of its bad habits, or the brain."""

from dataclasses import dataclass

from .brain.think import think
from .loops import loop_again
from .obedience.obey import obey
from .schema import smallest
from .talk import Call, Step, Talk
from .trouble import Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What is to be said, and whether the arguments of its calls are to be spoilt."""

    step: Step
    malformed: bool = False


def decide_words(talk: Talk, fate: Fate) -> Spoken:
    """The next step of whoever has the word."""
    if fate.step is not None:
        step = fate.step
    elif fate.has("llm-obeys"):
        step = obey(talk, think)
    elif fate.has("llm-loops"):
        step = loop_again(talk)
    else:
        step = think(talk)
    return Spoken(step=step, malformed=fate.has("llm-malformed-tool-input"))


def force_call(step: Step, talk: Talk, tool: str | None) -> Step:
    """The step with a call in it, of that tool or of any, as a client may demand."""
    fitting = [call for call in step.calls if tool in (None, call.tool)]
    if fitting:
        return Step(text=step.text, calls=tuple(fitting))
    offered = next((one for one in talk.tools if tool in (None, one.name)), None)
    if offered is None:
        return step
    return Step(calls=(Call(tool=offered.name, arguments=smallest(offered.schema)),))
