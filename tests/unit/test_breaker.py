"""A provider that fails repeatedly is left alone, longer each time, and found well again."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from services.cluster.backoff import Backoff
from services.events import Event
from services.llm.errors import (
    AnswerCut,
    KeyRefused,
    ModelLoading,
    ProviderError,
    ProviderFault,
    ProviderOverloaded,
    ProviderResting,
    ProviderTimedOut,
    ProviderUnreachable,
    RateLimited,
    RequestRefused,
)
from services.llm.happenings import ModelLost, ModelRecovered
from services.llm.messages import ProviderName, Usage
from services.llm.models.breaker import Breaker, Guarded
from services.llm.models.standing import ProviderState, Standing, decide_availability
from services.llm.provider import (
    Answered,
    Meter,
    ModelRequest,
    ProviderEvent,
    StopReason,
    TextDelta,
)
from tests.support.talks import request
from tests.support.turned_clock import TurnedClock

CLAUDE, LOCAL = ProviderName.CLAUDE, ProviderName.LOCAL
OVERLOADED = ProviderOverloaded(CLAUDE, "Claude is overloaded (529)")
AWAY = ProviderUnreachable(CLAUDE, "api.anthropic.com could not be reached")


class Kept:
    """A breaker, its clock, and what it told."""

    def __init__(self, provider: ProviderName = CLAUDE) -> None:
        self.clock = TurnedClock()
        self.told: list[Event] = []
        self.breaker = Breaker(
            provider,
            clock=self.clock,
            chance=lambda: 1.0,
            publish=self.told.append,
            backoff=Backoff(first_s=10, most_s=600),
        )
        self.standing = Standing(self.breaker, missing=None)

    def fail(self, times: int = 1, error: ProviderError = OVERLOADED) -> None:
        for _ in range(times):
            self.breaker.admit()
            self.breaker.note_failure(error)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_three_failures_in_a_row_are_enough(kept: Kept) -> None:
    kept.fail(2)
    assert not kept.breaker.is_resting
    assert kept.told == []

    kept.fail()

    assert kept.breaker.is_resting
    with pytest.raises(ProviderResting) as caught:
        kept.breaker.admit()
    assert caught.value.because == ("Claude rests until 12:00:10 UTC: Claude is overloaded (529)")
    (lost,) = kept.told
    assert isinstance(lost, ModelLost)
    assert lost.sentence() == "Claude is left alone for a while: Claude is overloaded (529)"


def test_an_answer_in_between_begins_the_count_anew(kept: Kept) -> None:
    kept.fail(2)
    kept.breaker.note_success()
    kept.fail(2)

    assert not kept.breaker.is_resting
    assert kept.told == []


def test_a_key_that_is_refused_is_enough_once(kept: Kept) -> None:
    kept.fail(1, KeyRefused(CLAUDE, "Claude does not know the key (401)", "Mend it"))

    assert kept.breaker.is_resting


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(RequestRefused(CLAUDE, "refused (400)"), id="a request that was refused"),
        pytest.param(ModelLoading(), id="a model that loads"),
    ],
)
def test_what_is_not_the_provider_s_fault_is_not_counted(kept: Kept, error: ProviderError) -> None:
    kept.fail(10, error)

    assert not kept.breaker.is_resting
    assert kept.breaker.failures == 0


def test_each_rest_is_longer_than_the_one_before_and_told_once(kept: Kept) -> None:
    kept.fail(3)
    rests = []
    for _ in range(8):
        rests.append(round(kept.breaker.rest_s))
        kept.clock.turn(kept.breaker.rest_s)
        kept.fail()

    assert rests == [10, 20, 40, 80, 160, 320, 600, 600]
    assert len(kept.told) == 1


def test_two_houses_do_not_come_back_in_step() -> None:
    first, second = Kept(), Kept()
    second.breaker._chance = lambda: 0.0

    for one in (first, second):
        one.fail(3)

    assert (first.breaker.rest_s, second.breaker.rest_s) == (10, 5)


def test_after_a_rest_one_request_is_let_through_and_tells(kept: Kept) -> None:
    kept.fail(3)
    kept.clock.turn(10)

    kept.breaker.admit()
    with pytest.raises(ProviderResting):
        kept.breaker.admit()
    kept.breaker.note_success()

    kept.breaker.admit()
    kept.breaker.admit()
    recovered = kept.told[-1]
    assert isinstance(recovered, ModelRecovered)
    assert recovered.away_s == 10
    assert recovered.sentence() == "Claude answers again after 10 s"


def test_a_trial_that_was_stopped_lets_the_next_one_through(kept: Kept) -> None:
    kept.fail(3)
    kept.clock.turn(10)

    kept.breaker.admit()
    kept.breaker.release()

    kept.breaker.admit()


def test_a_request_that_began_before_the_rest_does_not_lengthen_it(kept: Kept) -> None:
    kept.fail(3)
    rest_s = kept.breaker.rest_s

    kept.breaker.note_failure(OVERLOADED)

    assert kept.breaker.rest_s == rest_s


def test_a_provider_is_left_alone_as_long_as_it_asked_for(kept: Kept) -> None:
    kept.fail(1, RateLimited(CLAUDE, "over the limit", retry_after_s=4))
    assert not kept.breaker.is_resting, "a moment is waited for by whoever asked"

    kept.fail(1, RateLimited(CLAUDE, "over the limit", retry_after_s=90))

    assert kept.breaker.rest_s == 90


def test_nothing_is_waited_for_longer_than_the_longest_rest(kept: Kept) -> None:
    kept.fail(1, RateLimited(CLAUDE, "over the limit", retry_after_s=80_000))

    assert kept.breaker.rest_s == 600


def test_a_look_brings_back_only_what_a_look_can_tell_of(kept: Kept) -> None:
    kept.fail(3, OVERLOADED)
    kept.clock.turn(10)
    assert not kept.breaker.wants_a_look
    kept.breaker.note_look()
    assert kept.breaker.fault is not None, "that it lists its models does not mean it answers"

    away = Kept()
    away.fail(3, AWAY)
    assert not away.breaker.wants_a_look
    away.clock.turn(10)
    assert away.breaker.wants_a_look
    away.breaker.note_look()
    assert away.breaker.fault is None
    assert isinstance(away.told[-1], ModelRecovered)


def test_what_a_look_found_wrong_a_look_finds_well(kept: Kept) -> None:
    kept.breaker.note_failure(OVERLOADED, by_look=True)
    kept.breaker.note_look()

    assert kept.breaker.fault is None


# How a page and the router see it


def test_one_failure_of_claude_does_not_keep_others_from_asking_it(kept: Kept) -> None:
    kept.fail()

    assert kept.standing.status.state is ProviderState.FAILING
    assert kept.standing.status.because == "Claude is overloaded (529)"
    assert kept.standing.because_not == ""


def test_a_local_model_that_was_not_there_is_not_asked_until_it_was_looked_at() -> None:
    near = Kept(LOCAL)
    near.fail(1, ProviderTimedOut(LOCAL, "not a byte came"))

    assert near.standing.because_not == "not a byte came"
    near.standing.note_look()
    assert near.standing.because_not == ""
    near.fail(1, AnswerCut(LOCAL, "it broke off"))
    assert near.standing.because_not == ""


def test_the_router_is_told_who_is_there_and_why_the_others_are_not(kept: Kept) -> None:
    near = Kept(LOCAL)
    near.standing.note_look(ModelLoading())
    kept.fail(3, AWAY)

    told = decide_availability(kept.standing, near.standing)

    assert (told.claude, told.local, told.online) == (False, False, False)
    assert told.because_claude.startswith("api.anthropic.com could not be reached; Claude is tried")
    assert "being loaded" in told.because_local
    assert near.standing.status.state is ProviderState.LOADING


def test_a_provider_nobody_has_looked_at_may_be_asked(kept: Kept) -> None:
    assert kept.standing.status.state is ProviderState.UNKNOWN
    assert kept.standing.because_not == ""
    kept.standing.note_look()
    assert kept.standing.status.state is ProviderState.READY


def test_a_provider_whose_usual_model_is_gone_is_not_asked(kept: Kept) -> None:
    kept.standing.note_look()
    kept.standing.unfit = "Claude's model claude-haiku-4 was retired"

    assert kept.standing.because_not == "Claude's model claude-haiku-4 was retired"
    assert kept.standing.status.state is ProviderState.FAILING


# The provider behind it


class Scripted:
    """Raises or answers as told, and knows whether it was closed."""

    name = CLAUDE

    def __init__(self, *errors: ProviderFault | None) -> None:
        self.errors = list(errors)
        self.asked = 0
        self.closed = 0

    async def stream(
        self, _: ModelRequest, __: Meter | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        self.asked += 1
        error = self.errors.pop(0) if self.errors else None
        try:
            yield TextDelta(text="Well")
            if error is not None:
                raise error
            yield Answered(text="Well", tool_uses=(), stop=StopReason.END, usage=Usage(), model="m")
        finally:
            self.closed += 1


async def drain(provider: Guarded) -> list[ProviderEvent]:
    return [event async for event in provider.stream(request())]


async def test_a_resting_provider_is_not_asked(kept: Kept) -> None:
    scripted = Scripted(OVERLOADED, OVERLOADED, OVERLOADED)
    seen: list[ProviderError | None] = []
    guarded = Guarded(scripted, kept.breaker, changed=seen.append)
    for _ in range(3):
        with pytest.raises(ProviderOverloaded):
            await drain(guarded)

    with pytest.raises(ProviderResting):
        await drain(guarded)

    assert scripted.asked == 3
    assert seen == [OVERLOADED] * 3
    kept.clock.turn(10)
    assert len(await drain(guarded)) == 2
    assert seen[-1] is None
    assert scripted.closed == 4


async def test_who_leaves_early_closes_what_is_behind(kept: Kept) -> None:
    scripted = Scripted()
    guarded = Guarded(scripted, kept.breaker, changed=lambda _: None)

    async with aclosing(guarded.stream(request())) as events:
        async for _ in events:
            break

    assert scripted.closed == 1
