"""A model that is stuck: it asks for the same tool again and again, whatever it is answered."""

from .schema import smallest
from .talk import Call, Step, Talk


def loop_again(talk: Talk) -> Step:
    """The last call once more; at first, one of the first tool that wants no argument."""
    for turn in reversed(talk.turns):
        if turn.calls:
            last = turn.calls[-1]
            return Step(calls=(Call(tool=last.tool, arguments=last.arguments),))
    for tool in sorted(talk.tools, key=lambda tool: len(tool.schema.get("required", ()))):
        return Step(calls=(Call(tool=tool.name, arguments=smallest(tool.schema)),))
    return Step(text="Let me think about that again. " * 40)
