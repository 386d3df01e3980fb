"""What is kept of a talk: whole, searchable, exportable, with a title, and told to who listens."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.rows_conversations import ConversationRow
from services.events import Bus
from services.llm.conversations.export import export_json, export_markdown
from services.llm.conversations.storing import from_row, searchable, to_row, wanted_words
from services.llm.conversations.titles import TITLE_CHARS, UNTITLED, clean_title, make_title
from services.llm.messages import (
    Message,
    Part,
    ProviderName,
    Role,
    Text,
    ToolAnswer,
    ToolUse,
    Usage,
)
from services.llm.turn_events import (
    AnswerBegan,
    AnswerWithdrawn,
    ApprovalWanted,
    Doing,
    DoingChanged,
    MessageStored,
    TextAdded,
    ToolBegan,
    ToolEnded,
    TurnEnded,
    TurnOutcome,
)
from services.llm.turns.board import Board, TalkChanged
from services.safety.tiers import Tier
from services.tasks import Tasks
from services.tools.calls import Outcome
from tests.support.turned_clock import NOON, TurnedClock

WORDS = st.text(st.characters(codec="utf-8"), max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
PARTS = st.one_of(
    st.builds(Text, text=WORDS),
    st.builds(ToolUse, id=WORDS, tool=WORDS, arguments=st.dictionaries(WORDS, JSON, max_size=3)),
    st.builds(
        ToolAnswer,
        id=WORDS,
        tool=WORDS,
        outcome=st.sampled_from(Outcome),
        text=WORDS,
        digest=WORDS,
        duration_ms=st.floats(0, 1e6),
        because=WORDS,
        tier=st.none() | st.sampled_from(Tier),
        approval_id=st.none() | WORDS,
    ),
)
MESSAGES = st.builds(
    Message,
    id=WORDS,
    conversation_id=WORDS,
    role=st.sampled_from(Role),
    parts=st.lists(PARTS, max_size=4).map(tuple),
    at=st.just(NOON),
    provider=st.none() | st.sampled_from(ProviderName),
    model=st.none() | WORDS,
    usage=st.none() | st.builds(Usage, input_tokens=st.integers(0, 9**9), estimated=st.booleans()),
    cost_usd=st.none() | st.integers(0, 10**9).map(lambda n: Decimal(n) / 10**9),
    total_ms=st.none() | st.integers(0, 10**7),
    because=WORDS,
    ended_by=WORDS,
)


@given(MESSAGES)
def test_a_message_is_kept_whole(message: Message) -> None:
    assert from_row(to_row(message, turn="t", answers=None)) == message


@given(MESSAGES)
def test_every_message_can_be_exported(message: Message) -> None:
    row = ConversationRow(
        id="c",
        title="A title",
        pinned=False,
        at=NOON,
        last_at=NOON,
        messages_count=1,
        cost_usd=Decimal("0.1"),
    )

    told = json.loads(export_json(row, [message]))

    assert told["messages"][0]["id"] == message.id
    assert export_markdown(row, [message]).startswith("# A title")


def test_what_tools_found_cannot_leave_its_fence_in_an_export() -> None:
    row = ConversationRow(
        id="c", title="t", pinned=False, at=NOON, last_at=NOON, messages_count=1,
        cost_usd=Decimal(0),
    )  # fmt: skip
    evil = ToolAnswer(id="1", tool="x", outcome=Outcome.DONE, text="```\n# not a heading\n````")
    message = Message(id="m", conversation_id="c", role=Role.TOOL, parts=(evil,), at=NOON)

    told = export_markdown(row, [message])

    assert "`````\n```\n# not a heading\n````\n`````" in told


@given(st.text(max_size=300))
def test_a_title_is_one_line_of_at_most_sixty_characters(text: str) -> None:
    title = make_title(text)

    assert 0 < len(title) <= TITLE_CHARS
    assert "\n" not in title
    assert len(clean_title(text)) <= TITLE_CHARS


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("how is the cluster?", "How is the cluster?"),
        ("Hi Jarvis, could you tell me why pve is hot? It worries me.",
         "Could you tell me why pve is hot?"),
        ("@claude please restart media", "Restart media"),
        ("hello", "Hello"),
        ("```\nError: broken\n```", "Error: broken"),
        ("   ", UNTITLED),
        ("why does the backup of nextcloud take so very long since the last update of the node",
         "Why does the backup of nextcloud take so very long since…"),
    ],
)  # fmt: skip
def test_a_title_says_what_was_asked(said: str, title: str) -> None:
    assert make_title(said) == title


@given(st.text(max_size=100))
def test_words_are_found_in_any_case(text: str) -> None:
    assert searchable(text.upper().lower()) == searchable(searchable(text.upper().lower()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ('  " " ', ()),
        ("pve", ("pve",)),
        ("Media  BACKUP", ("backup", "media")),
        ('"Back  up" media', ("back up", "media")),
        ('why "is pve" hot', ("is pve", "why", "hot")),
        ('hot "is pve', ("is pve", "hot")),
        ('say "a b"c', ("say", "a b", "c")),
        ("\u201eback up\u201c \u201cmedia\u201d", ("back up", "media")),
        ("back backup up backup", ("backup",)),
        (r"it's 100%_\ sure", ("100%_\\", "it's", "sure")),
    ],
)
def test_words_are_wanted_each_and_what_is_in_quotes_as_one(
    text: str, words: tuple[str, ...]
) -> None:
    assert wanted_words(text) == words


# The board


class Turned:
    def __init__(self) -> None:
        self.bus = Bus(Tasks())
        self.board = Board(self.bus, TurnedClock())
        self.board.begin("c", "t", user="owner", because="it asks")

    def tell(self, kind: type, **values: object) -> None:
        self.board.publish(kind(conversation_id="c", turn_id="t", **values))


async def test_what_stands_of_a_turn_follows_its_events() -> None:
    turned = Turned()
    board = turned.board
    use = ToolUse(id="u", tool="stop_guest")
    turned.tell(AnswerBegan, message_id="m1", provider=ProviderName.CLAUDE, model="haiku")
    turned.tell(DoingChanged, doing=Doing.ANSWERING)
    for piece in ("Very ", "well"):
        turned.tell(TextAdded, message_id="m1", text=piece)

    live = board.live("c")
    assert live is not None
    assert (live.text, live.message_id, live.doing) == ("Very well", "m1", Doing.ANSWERING)

    turned.tell(AnswerWithdrawn, message_id="m1", because="it fell")
    live = board.live("c")
    assert live is not None
    assert (live.text, live.message_id) == ("", None)

    turned.tell(AnswerBegan, message_id="m2", provider=ProviderName.LOCAL, model="qwen")
    stored = Message(id="m2", conversation_id="c", role=Role.ASSISTANT, parts=(use,), at=NOON)
    turned.tell(MessageStored, message=stored)
    turned.tell(ToolBegan, message_id="m2", use=use, tier=Tier.RED)
    turned.tell(ApprovalWanted, call_id="u", approval_id="a")
    live = board.live("c")
    assert live is not None
    assert [(tool.approval_id, tool.outcome) for tool in live.tools] == [("a", None)]

    turned.tell(
        ToolEnded, call_id="u", outcome=Outcome.DONE, because="", text="stopped", duration_ms=5.0
    )
    live = board.live("c")
    assert live is not None
    assert live.tools[0].outcome is Outcome.DONE
    answers: tuple[Part, ...] = (ToolAnswer(id="u", tool="x", outcome=Outcome.DONE, text=""),)
    found = Message(id="m3", conversation_id="c", role=Role.TOOL, parts=answers, at=NOON)
    turned.tell(MessageStored, message=found)
    live = board.live("c")
    assert live is not None
    assert live.tools == ()

    turned.tell(TurnEnded, outcome=TurnOutcome.DONE, because="")
    assert board.live("c") is None
    assert board.doing is None


async def test_events_of_another_turn_change_nothing() -> None:
    turned = Turned()

    turned.board.publish(
        DoingChanged(conversation_id="c", turn_id="another", doing=Doing.ANSWERING)
    )
    turned.board.publish(
        TurnEnded(conversation_id="c", turn_id="another", outcome=TurnOutcome.DONE, because="")
    )

    live = turned.board.live("c")
    assert live is not None
    assert live.doing is Doing.THINKING


async def test_the_liveliest_of_all_turns_is_shown_and_each_user_sees_their_own() -> None:
    turned = Turned()
    board = turned.board
    board.begin("d", "t2", user="alex", because="")
    board.publish(DoingChanged(conversation_id="d", turn_id="t2", doing=Doing.WAITING))

    assert board.doing is Doing.THINKING
    assert board.doing_for("alex") == {"d": Doing.WAITING}
    assert board.doing_for("owner") == {"c": Doing.THINKING}


async def test_a_page_hears_that_the_list_has_changed() -> None:
    heard: list[TalkChanged] = []
    turned = Turned()

    async def hear(event: TalkChanged) -> None:
        heard.append(event)

    turned.bus.subscribe(TalkChanged, hear, name="test")
    turned.board.tell_changed()
    await turned.bus.drained()

    assert heard[0].at == NOON + timedelta(0)
