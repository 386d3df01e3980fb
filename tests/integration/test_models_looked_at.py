"""Which models are there: looked at, lost, found again, and never dialled where they may not be."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.llm.claude.config import ClaudeConfig, ModelRole
from services.llm.errors import (
    ModelUnknown,
    ProviderMissing,
    ProviderResting,
    ProviderUnreachable,
)
from services.llm.happenings import (
    ModelLost,
    ModelNotOffered,
    ModelRecovered,
    ModelsChanged,
)
from services.llm.local.config import LocalConfig
from services.llm.messages import ProviderName
from services.llm.models.models import Models
from services.llm.models.standing import ProviderState
from tests.support import claude_double as claude_acts
from tests.support import llama_double as llama_acts
from tests.support.models_room import KEY, Room, a_room, ask
from tests.support.waiting import until


async def test_a_provider_that_is_not_set_up_says_which_setting_is_missing(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        models = room.models = room.make(claude=ClaudeConfig(), local=None)
        await models.costs.start()

        for provider, setting in ((models.claude, "ANTHROPIC_API_KEY"), (models.local, "LLAMA")):
            with pytest.raises(ProviderMissing, match=setting):
                await ask(provider)

        assert await room.rows() == []
        told = models.availability
        assert (told.claude, told.local) == (False, False)
        assert told.because_claude == "Claude is not set up"
        assert [one.state for one in models.statuses] == [ProviderState.OFF] * 2
        assert await models.ask_yes_no("?") is None


async def test_the_models_of_the_settings_are_checked_at_the_start(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        config = ClaudeConfig(
            api_key=SecretStr(KEY),
            base_url=room.claude.url,
            routine="claude-haiku-4",
            hard="claude-haiku-9",
        )
        room.claude.catalogue.append(claude_acts.model("claude-haiku-4", "retired"))
        models = room.models = room.make(claude=config)

        await models.look()
        await models.look()

        retired, unknown = await room.heard(ModelNotOffered)
        assert isinstance(retired, ModelNotOffered)
        assert isinstance(unknown, ModelNotOffered)
        assert retired.sentence() == (
            "CLAUDE_MODEL_ROUTINE names claude-haiku-4, which was retired; there are "
            "claude-haiku-5-5, claude-sonnet-5-5, claude-opus-5-5"
        )
        assert unknown.setting == "CLAUDE_MODEL_HARD"
        assert models.availability.because_claude == "Claude's model claude-haiku-4 was retired"
        assert models.model_for(ModelRole.HARD) == "claude-haiku-9"


async def test_a_model_that_is_retired_while_jarvis_runs_is_found_within_a_day(
    room: Room,
) -> None:
    await room.models.look()
    hard = room.models.model_for(ModelRole.HARD)
    room.claude.catalogue = [
        claude_acts.model(name, "retired" if name == hard else "active")
        for name in claude_acts.MODELS
    ]
    room.clock.turn(23 * 3600)
    await room.models.look()
    assert await room.heard(ModelNotOffered) == []

    room.clock.turn(3600)
    await room.models.look()
    await room.models.look()

    (retired,) = await room.heard(ModelNotOffered)
    assert isinstance(retired, ModelNotOffered)
    assert (retired.setting, retired.what) == ("CLAUDE_MODEL_HARD", "was retired")
    assert room.models.availability.claude


async def test_a_list_that_cannot_be_read_again_leaves_the_one_before(room: Room) -> None:
    await room.models.look()
    before = room.models.catalogue
    room.claude.refuses_list = True
    room.clock.turn(86_400)

    await room.models.look()

    assert room.models.catalogue == before
    assert room.models.availability.claude


async def test_a_model_the_api_has_not_got_is_looked_up_before_the_day_is_over(room: Room) -> None:
    await room.models.look()
    room.claude.acts = [claude_acts.refusal(404, "not_found_error", "model: gone")]
    room.claude.catalogue = [claude_acts.model("claude-haiku-5-5")]
    with pytest.raises(ModelUnknown):
        await ask(room.models.claude)

    await room.models.look()

    assert [e.setting for e in await room.heard(ModelNotOffered)] == [  # type: ignore[attr-defined]
        "CLAUDE_MODEL_HARD",
        "CLAUDE_MODEL_ESCALATION",
    ]


async def test_a_lost_provider_rests_is_looked_at_and_recovers(room: Room) -> None:
    room.llama.acts["/health"] = llama_acts.refusing(500, "server_error", "boom")
    for _ in range(3):
        await room.models.look()

    (lost,) = await room.heard(ModelLost)
    assert isinstance(lost, ModelLost)
    assert lost.subject == "source/local"
    assert not room.models.availability.local
    with pytest.raises(ProviderResting):
        await ask(room.models.local)
    asked = len(room.llama.requests)
    await room.models.look()
    assert len(room.llama.requests) == asked, "it is left alone"

    room.llama.acts["/health"] = llama_acts.told({"status": "ok"})
    room.clock.turn(60)
    await room.models.look()

    assert room.models.availability.local
    assert room.models.availability.local_window_tokens == 4_096
    (recovered,) = await room.heard(ModelRecovered)
    assert isinstance(recovered, ModelRecovered)
    assert recovered.away_s == 60
    assert await room.heard(ModelsChanged)
    await ask(room.models.local)


async def test_one_that_was_gone_for_a_moment_is_looked_at_before_anybody_asks(room: Room) -> None:
    await room.models.look()
    room.claude.acts = [claude_acts.shut]
    with pytest.raises(ProviderUnreachable):
        await ask(room.models.claude)
    assert claude_state(room.models) is ProviderState.FAILING

    await room.models.look()

    assert claude_state(room.models) is ProviderState.READY
    assert await room.heard(ModelLost) == []


def claude_state(models: Models) -> ProviderState:
    return next(one.state for one in models.statuses if one.provider is ProviderName.CLAUDE)


async def test_the_network_that_is_gone_is_told_as_such(room: Room) -> None:
    room.models = room.make(
        claude=ClaudeConfig(api_key=SecretStr(KEY), base_url="http://127.0.0.1:9", repeats=0)
    )
    assert room.models.availability.online

    for _ in range(3):
        await room.models.look()

    assert not room.models.availability.online
    assert not room.models.availability.claude
    assert "could not be reached" in room.models.availability.because_claude


async def test_an_api_that_lists_no_models_is_asked_all_the_same(room: Room) -> None:
    room.models = room.make(
        claude=ClaudeConfig(
            api_key=SecretStr(KEY), base_url=f"{room.claude.url}/elsewhere", repeats=0
        )
    )

    await room.models.look()

    assert room.models.availability.claude
    assert await room.heard(ModelNotOffered) == []


async def test_another_machine_is_not_dialled_where_only_this_one_may_be(room: Room) -> None:
    room.models = room.make(
        claude=ClaudeConfig(api_key=SecretStr(KEY), loopback_only=True),
        local=LocalConfig(base_url="http://192.0.2.20:9931", loopback_only=True),
    )

    await room.models.look()

    assert [one.state for one in room.models.statuses] == [ProviderState.OFF] * 2
    assert "api.anthropic.com was not dialled" in room.models.availability.because_claude


async def test_the_watch_runs_by_itself_and_ends_with_the_house(tmp_path: Path) -> None:
    async with a_room(tmp_path) as room:
        await room.models.start()
        await until(
            lambda: room.models.catalogue and room.models.availability.local_window_tokens,
            "both to be looked at",
        )

        assert [one.state for one in room.models.statuses] == [ProviderState.READY] * 2
        await room.models.stop("the test ends")
        assert room.models._tasks.names == []
