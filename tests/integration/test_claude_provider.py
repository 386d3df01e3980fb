"""Claude over real sockets: what is sent, what comes of it, and which models there are."""

from typing import Any

import pytest
from pydantic import SecretStr

from services.llm.claude.catalogue import check_models
from services.llm.claude.config import ClaudeConfig
from services.llm.claude.provider import ClaudeProvider
from services.llm.errors import (
    ModelUnknown,
    ProviderUnreachable,
)
from services.llm.provider import (
    Effort,
    Meter,
    OfferedTool,
    StopReason,
)
from tests.support import claude_double as double
from tests.support.asked_provider import ask, failure
from tests.support.claude_double import KEY, ClaudeDouble, provider_at
from tests.support.talks import STATUS, answers, assistant, found, request, user


async def test_words_come_as_they_are_written_and_whole_at_the_end(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [double.answer("media ", "runs.")]
    meter = Meter()

    streamed, answered = await ask(claude, meter=meter)

    assert streamed == answered.text == "media runs."
    assert answered.stop is StopReason.END
    assert answered.message_id == "msg_01"
    assert answered.model == "claude-haiku-5-5"
    assert (answered.usage.input_tokens, answered.usage.output_tokens) == (120, 12)
    assert (answered.usage.cache_read_tokens, answered.usage.cache_write_tokens) == (900, 40)
    assert not answered.usage.estimated
    assert meter.usage == answered.usage
    assert answered.first_token_ms is not None
    assert 0 < answered.first_token_ms <= answered.total_ms


async def test_the_request_is_one_the_api_takes(api: ClaudeDouble, claude: ClaudeProvider) -> None:
    tool = OfferedTool(name="guest_status", summary="Reads a guest.", schema={"properties": {}})

    await ask(claude, request(tools=(tool,), context="It is noon.", max_output_tokens=500))

    (sent,) = api.requests
    assert sent["model"] == "claude-haiku-5-5"
    assert sent["stream"] is True
    assert sent["cache_control"] == {"type": "ephemeral"}
    assert sent["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert sent["tools"][0]["input_schema"]["type"] == "object"
    assert not {"temperature", "top_p", "top_k"} & set(sent)
    (headers,) = api.headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["anthropic-version"] == "2026-10-21"
    assert sent["messages"][-1]["role"] == "user"
    assert "It is noon." in sent["messages"][-1]["content"][-1]["text"]
    assert "It is noon." not in sent["system"][0]["text"]


@pytest.mark.parametrize(
    ("role_model", "effort", "thinking"),
    [
        pytest.param("claude-haiku-5-5", "low", None, id="routine, before the API told"),
        pytest.param("claude-sonnet-5-5", "medium", "adaptive", id="hard"),
        pytest.param("claude-opus-5-5", "high", "adaptive", id="escalation"),
    ],
)
async def test_a_role_s_model_thinks_as_deep_as_its_role_asks(
    api: ClaudeDouble, claude: ClaudeProvider, role_model: str, effort: str, thinking: str | None
) -> None:
    await ask(claude, request(model=role_model, max_output_tokens=500))

    sent = api.requests[-1]
    assert sent["output_config"] == {"effort": effort}
    assert sent.get("thinking", {}).get("type") == thinking
    assert sent["max_tokens"] > 500, "thinking has room of its own"


async def test_the_depth_of_a_request_counts_before_the_role_s(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    await ask(claude, request(model="claude-sonnet-5-5", effort=Effort.LOW))

    assert api.requests[-1]["thinking"] == {"type": "between_tools"}


async def test_tools_are_asked_for_with_their_arguments(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [
        double.stream(
            double.started(),
            *double.thinking_block(0),
            *double.text_block(1, "I shall look."),
            *double.tool_block(2, "toolu_1", "guest_status", '{"vm', 'id": 104}'),
            *double.tool_block(3, "toolu_2", "cluster_status"),
            *double.ended("tool_use"),
        )
    ]

    streamed, answered = await ask(claude)

    assert streamed == "I shall look."
    assert answered.stop is StopReason.TOOL_USE
    assert [(u.id, u.tool, dict(u.arguments)) for u in answered.tool_uses] == [
        ("toolu_1", "guest_status", {"vmid": 104}),
        ("toolu_2", "cluster_status", {}),
    ]
    assert [block["type"] for block in answered.opaque] == [
        "thinking",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert answered.opaque[0]["signature"] == "sig"


async def test_signed_thinking_goes_back_unchanged_in_its_turn_alone(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [
        double.stream(
            double.started(),
            *double.thinking_block(0, "hm", "signed"),
            *double.tool_block(1, "toolu_1", "guest_status", '{"vmid": 104}'),
            *double.ended("tool_use"),
        ),
        double.answer("It runs."),
    ]
    _, first = await ask(claude)
    step = assistant(*first.tool_uses, id="m1", model=first.model)
    turn = (user("How is media?"), step, answers(found("toolu_1")))

    held: dict[str, Any] = {"opaque": {"m1": first.opaque}, "tools": (STATUS,)}

    await ask(claude, request(turn, **held))
    await ask(claude, request((*turn, user("And nextcloud?")), **held))
    await ask(claude, request(turn, model="claude-opus-5-5", **held))

    inside, after, elsewhere = (sent["messages"] for sent in api.requests[1:])
    assert inside[1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "signed"}
    assert "thinking" not in str(after)
    assert "signed" not in str(elsewhere), "it is signed for the model that thought it"


async def test_a_call_whose_arguments_cannot_be_read_is_handed_on_as_such(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.acts = [
        double.stream(
            double.started(),
            *double.tool_block(0, "toolu_1", "guest_stop", '{"vmid": 10'),
            *double.ended("tool_use"),
        )
    ]

    _, answered = await ask(claude)

    assert dict(answered.tool_uses[0].arguments) == {"unreadable_arguments": '{"vmid": 10'}


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("max_tokens", StopReason.MAX_TOKENS),
        ("refusal", StopReason.REFUSAL),
        ("model_context_window_exceeded", StopReason.CONTEXT),
        ("pause_turn", StopReason.PAUSE),
        ("stop_sequence", StopReason.END),
        ("something_new", StopReason.END),
    ],
)
async def test_no_tool_is_run_unless_the_answer_ended_in_order_to_ask(
    api: ClaudeDouble, claude: ClaudeProvider, reason: str, stop: StopReason
) -> None:
    api.acts = [
        double.stream(
            double.started(),
            *double.text_block(0, "I would"),
            *double.tool_block(1, "toolu_1", "guest_stop", '{"vmid": 1'),
            *double.ended(reason),
        )
    ]

    _, answered = await ask(claude)

    assert answered.stop is stop
    assert answered.tool_uses == ()
    assert answered.text == "I would"
    assert ("something_new" in answered.because) is (reason == "something_new")


async def test_a_refusal_names_its_category(api: ClaudeDouble, claude: ClaudeProvider) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": None}
    api.acts = [double.stream(double.started(), *double.ended("refusal", stop_details=details))]

    _, answered = await ask(claude)

    assert answered.because == "Claude declined to answer (category cyber)"


async def test_the_catalogue_tells_which_models_are_there_and_how_they_are_asked(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    types = {"adaptive": {"supported": True}, "disabled": {"supported": True}}
    capabilities = {
        "effort": {"supported": True, "low": {"supported": True}},
        "thinking": {"supported": True, "types": types},
    }
    api.catalogue = [
        double.model("claude-haiku-5-5", capabilities=capabilities),
        double.model("claude-sonnet-5-5", "deprecated", retires_at="2027-01-31T00:00:00Z"),
        double.model("claude-opus-5-5", "retired"),
    ]
    config = ClaudeConfig(api_key=SecretStr(KEY), base_url=api.url)

    catalogue = check_models(await claude.fetch_catalogue(), config)
    claude.learn(catalogue)

    assert catalogue.there == ("claude-haiku-5-5", "claude-sonnet-5-5")
    assert [(f.role, f.what, f.usable) for f in catalogue.findings] == [
        ("hard", "is deprecated", True),
        ("escalation", "was retired", False),
    ]
    await ask(claude)
    assert api.requests[-1]["thinking"] == {"type": "disabled"}
    error = await failure(claude, request(model="claude-opus-5-5"))
    assert isinstance(error, ModelUnknown)
    assert error.because == "Claude's model claude-opus-5-5 was retired"
    assert len(api.requests) == 1, "a model that was retired is not asked"


async def test_a_model_whose_listed_name_has_a_date_is_known(
    api: ClaudeDouble, claude: ClaudeProvider
) -> None:
    api.catalogue = [double.model(f"{name}-20260901") for name in double.MODELS]
    config = ClaudeConfig(api_key=SecretStr(KEY), base_url=api.url)

    assert check_models(await claude.fetch_catalogue(), config).findings == ()


async def test_a_catalogue_that_cannot_be_had_is_told_why() -> None:
    claude = provider_at("http://127.0.0.1:9", repeats=0)

    with pytest.raises(ProviderUnreachable):
        await claude.fetch_catalogue()
    await claude.close()
