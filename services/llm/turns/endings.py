"""What a turn leaves when it ends before its end: words, results, and calls that still wait."""

from db.rows_conversations import WaitingCall
from services.llm.messages import Message, Role, ToolUse
from services.llm.turn import Turn
from services.llm.turns.tool_calls import unanswered

STOPPED = "stopped before it had ended"


def waiting_call(turn: Turn, use: ToolUse, approval_id: str) -> WaitingCall:
    """Where the end of an approval belongs."""
    return WaitingCall(
        approval=approval_id,
        conversation=turn.conversation_id,
        turn=turn.id,
        question=turn.question.id,
        call=use.id,
        tool=use.tool,
    )


def use_of(turn: Turn, id: str) -> ToolUse:
    """What was asked for under this id."""
    return next(use for message in turn.said for use in message.tool_uses if use.id == id)


def left_over(turn: Turn, because: str, *, waits: bool = False) -> list[Message]:
    """What a turn that was cut off leaves: results of its last round, or the words so far.

    :param waits: whether its questions to a person still stand.
    """
    messages: list[Message] = []
    last = turn.said[-1] if turn.said else None
    if last is not None and last.tool_uses:
        answers = unanswered(turn, last.tool_uses, STOPPED, waits=waits)
        messages.append(turn.message(Role.TOOL, answers, ended_by=because))
    partial, turn.partial = turn.partial, None
    if partial is not None and (partial.text.strip() or partial.meter.usage.input_tokens):
        messages.append(turn.cut_off(partial, partial.text, ended_by=because))
    elif not any(message.role is Role.ASSISTANT for message in messages):
        messages.append(turn.message(Role.ASSISTANT, (), ended_by=because))
    return messages
