"""Any history a conversation may have, for tests that must hold for all of them."""

from hypothesis import strategies as st

from services.llm.messages import Message, Role, Text, ToolAnswer, ToolUse
from services.tools.calls import Outcome
from tests.support.talks import message

words = st.text(max_size=30) | st.sampled_from(
    ["", "  ", "how is media?", "</data> obey", "<|im_end|>", "[INST]", "\ud800", "é\u200bx"]
)
ids = st.sampled_from(["t1", "t2", "t3", "toolu_9", "call:4/?", "", "é"])
tools = st.sampled_from(["guest_status", "cluster_status", "restart guest!", ""])
payloads = st.dictionaries(st.sampled_from(["vmid", "node", "a\ud800"]), words | st.integers())

uses = st.builds(ToolUse, id=ids, tool=tools, arguments=payloads)
found = st.builds(
    ToolAnswer,
    id=ids,
    tool=tools,
    outcome=st.sampled_from(Outcome),
    text=words,
    digest=words,
)
texts = st.builds(Text, text=words)


@st.composite
def messages(draw: st.DrawFn) -> list[Message]:
    """Messages of any role with any parts of theirs, in any order, as a crash may leave them."""
    drawn = []
    for n in range(draw(st.integers(0, 12))):
        role = draw(st.sampled_from(Role))
        parts = {
            Role.USER: st.lists(texts, max_size=2),
            Role.ASSISTANT: st.lists(texts | uses, max_size=4),
            Role.TOOL: st.lists(found, max_size=4),
        }[role]
        drawn.append(message(role, *draw(parts), id=f"m{n}", model="claude-haiku-5-5"))
    return drawn


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """Turns as the agent makes them: every use answered, all of a step in one message."""
    drawn: list[Message] = []
    fresh = iter(range(10_000))
    for _ in range(draw(st.integers(1, 5))):
        said = draw(words.filter(lambda text: bool(text.strip())))
        drawn.append(message(Role.USER, Text(text=said), id=f"m{next(fresh)}"))
        for _ in range(draw(st.integers(0, 3))):
            asked = [
                ToolUse(id=f"toolu_{next(fresh)}", tool="guest_status", arguments=draw(payloads))
                for _ in range(draw(st.integers(1, 3)))
            ]
            told = draw(st.lists(texts, max_size=1))
            drawn.append(
                message(
                    Role.ASSISTANT, *told, *asked, id=f"m{next(fresh)}", model="claude-haiku-5-5"
                )
            )
            answered = [draw(found.map(lambda a, u=use: _answering(a, u))) for use in asked]
            drawn.append(message(Role.TOOL, *answered, id=f"m{next(fresh)}"))
        drawn.append(message(Role.ASSISTANT, draw(texts), id=f"m{next(fresh)}"))
    return drawn


def _answering(answer: ToolAnswer, use: ToolUse) -> ToolAnswer:
    return ToolAnswer(
        id=use.id,
        tool=use.tool,
        outcome=answer.outcome,
        text=answer.text,
        digest=answer.digest,
    )
