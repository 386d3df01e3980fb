"""What each provider is sent for a turn; pure but for the settings it was made with."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from services.llm.claude.config import ModelRole
from services.llm.conversations.pruning import shrink_history, shrink_rounds
from services.llm.messages import Message, ProviderName, Role, Text
from services.llm.prompts import system_prompt
from services.llm.provider import ModelRequest, OfferedTool
from services.llm.routing import strip_mention
from services.llm.turn import Turn
from services.safety.actors import ActorKind
from services.safety.tiers import Tier
from services.tools.registry import offered_tools
from services.tools.schema import schema_of

OUTPUT_TOKENS_MOST = 4_096
NEAR_FIRST = (
    "get_cluster_status",
    "get_guest_status",
    "get_node_status",
    "get_temperatures",
    "list_guests",
    "list_nodes",
    "list_storage",
    "guests_without_backup",
    "get_recent_events",
    "get_updates",
    "list_containers",
    "list_backups",
    "list_tasks",
)
"""The few tools a small window may have room for, the most useful first."""


class Requests:
    """Makes requests. The tools and the system prompt are the same objects every time."""

    def __init__(self, *, address: str, model_for: Callable[[ModelRole], str]) -> None:
        self._system = system_prompt(address)
        self._model_for = model_for
        self._all = _offered()
        green = {tool.name for tool in offered_tools(ActorKind.MODEL) if tool.tier is Tier.GREEN}
        by_name = {tool.name: tool for tool in self._all}
        self._near = tuple(by_name[name] for name in NEAR_FIRST if name in green)

    def make(self, turn: Turn, provider: ProviderName, brief: bool) -> ModelRequest:
        """The next request of a turn; `brief` leaves out what was said before it."""
        history = () if brief else shrink_history(turn.history)
        present, shrunk = shrink_rounds(turn.said)
        messages = [_readable(message) for message in (*history, turn.question)]
        messages += [*present, *_correction(turn)]
        claude = provider is ProviderName.CLAUDE
        return ModelRequest(
            system=self._system,
            messages=tuple(messages),
            context=turn.context,
            tools=self._tools(turn, provider),
            model=self._model_for(turn.route.model_role) if claude else None,
            max_output_tokens=OUTPUT_TOKENS_MOST,
            opaque={} if shrunk or brief else dict(turn.opaque),
            account=turn.account,
        )

    def _tools(self, turn: Turn, provider: ProviderName) -> tuple[OfferedTool, ...]:
        if not turn.needs_tools:
            return ()
        return self._near if provider is ProviderName.LOCAL else self._all


@cache
def _offered() -> tuple[OfferedTool, ...]:
    """What every model is offered; made once, for the registry does not change."""
    return tuple(
        OfferedTool(name=tool.name, summary=tool.summary, schema=schema_of(tool))
        for tool in offered_tools(ActorKind.MODEL)
    )


def _readable(message: Message) -> Message:
    """A person's message without `@claude` and its like."""
    if message.role is not Role.USER:
        return message
    bare = strip_mention(message.text)
    return replace(message, parts=(Text(text=bare),)) if bare else message


def _correction(turn: Turn) -> list[Message]:
    """The answer that was not taken, and what is asked instead; stored nowhere."""
    if turn.correction is None:
        return []
    said, asked = turn.correction
    told = (Role.ASSISTANT, said), (Role.USER, asked)
    return [
        Message(
            id=f"{turn.id}-{role.value}",
            conversation_id=turn.conversation_id,
            role=role,
            parts=(Text(text=text),),
            at=turn.question.at,
        )
        for role, text in told
    ]
