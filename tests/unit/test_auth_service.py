"""Who may come in, and how someone who guesses is slowed down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from pydantic import ValidationError

from db import Database
from db.queries.accounts import find_owner, find_sessions
from db.queries.audit import find_audit, find_broken_audit
from services.auth.errors import (
    LinkSpent,
    PasswordTooWeak,
    SessionEnded,
    SetupClosed,
    SetupCodeWrong,
    SignInRefused,
    TriedTooOften,
)
from services.auth.happenings import (
    OwnerCreated,
    SessionsEnded,
    SignedIn,
    SignedOutEverywhere,
    SignInFailed,
    SignInGuessed,
)
from services.auth.passwords import Passwords
from services.auth.preferences import Preferences, parse_preferences
from services.auth.service import Auth
from services.auth.tokens import digest
from services.auth.visitor import Visitor
from services.events import Bus, Event
from services.tasks import Tasks
from tests.support.turned_clock import TurnedClock

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "three blind mice"
HOME = Visitor(address="127.0.0.1", agent="browser")
STRANGER = Visitor(address="192.0.2.66", agent="curl")


class House:
    """Auth over a real file, and what it published."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder, slow_query_ms=10_000)
        self.database.open()
        self.clock = TurnedClock()
        self.tasks = Tasks()
        self.bus = Bus(self.tasks)
        self.heard: list[Event] = []
        self.bus.subscribe(Event, self._hear, name="listener")

    async def _hear(self, event: Event) -> None:
        self.heard.append(event)

    async def auth(self, password_hash: str | None = None, *, owner: str = "owner") -> Auth:
        built = Auth(
            self.database,
            self.bus,
            self.clock,
            owner_name=owner,
            password_hash=password_hash,
            session_lifetime_h=24,
            passwords=Passwords(CHEAP),
        )
        await built.start()
        return built

    async def close(self) -> None:
        await self.tasks.stop(because="the test is over")
        self.database.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    built = House(tmp_path)
    yield built
    await built.close()


@pytest.fixture
async def auth(house: House) -> Auth:
    built = await house.auth()
    await built.set_up("owner", PASSWORD, HOME, code=built.setup_code or "")
    return built


async def refused(attempt: Callable[[], object]) -> SignInRefused:
    with pytest.raises(SignInRefused) as told:
        await attempt()  # type: ignore[misc]
    return told.value


async def test_whoever_has_the_code_of_the_log_becomes_the_owner(house: House) -> None:
    auth = await house.auth()
    assert auth.needs_setup

    admission = await auth.set_up("tony", PASSWORD, HOME, code=auth.setup_code or "")

    assert not auth.needs_setup
    assert auth.guard.check(admission.session.key).user_name == "tony"
    await house.bus.drained()
    assert [type(event) for event in house.heard] == [OwnerCreated, SignedIn]
    with pytest.raises(SetupClosed):
        await auth.set_up("mallory", PASSWORD, HOME, code=auth.setup_code or "")
    assert not (await house.auth()).needs_setup


async def test_a_stranger_cannot_take_the_house_without_the_code(house: House) -> None:
    auth = await house.auth()
    code = auth.setup_code
    assert code is not None

    for guess in ("", "AAAA-BBBB-CCCC"):
        with pytest.raises(SetupCodeWrong):
            await auth.set_up("mallory", PASSWORD, STRANGER, code=guess)
    assert auth.needs_setup
    assert await house.database.run(find_owner) is None

    await auth.set_up("owner", PASSWORD, STRANGER, code=code.lower().replace("-", " "))
    assert not auth.needs_setup


async def test_guessing_the_setup_code_is_slowed_down(house: House) -> None:
    auth = await house.auth()
    for _ in range(4):
        with pytest.raises(SetupCodeWrong):
            await auth.set_up("mallory", PASSWORD, STRANGER, code="wrong")

    with pytest.raises(TriedTooOften):
        await auth.set_up("mallory", PASSWORD, STRANGER, code=auth.setup_code or "")

    assert auth.needs_setup


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "1234567890", "owner owner"])
async def test_a_password_easy_to_guess_is_refused(house: House, password: str) -> None:
    auth = await house.auth(owner="owner owner")

    with pytest.raises(PasswordTooWeak):
        await auth.set_up("owner owner", password, HOME, code=auth.setup_code or "")

    assert auth.needs_setup


async def test_only_the_right_password_lets_in(auth: Auth) -> None:
    admission = await auth.sign_in("Owner ", PASSWORD, STRANGER)

    assert auth.guard.find(admission.token) == admission.session
    assert auth.guard.find("something else") is None
    assert PASSWORD not in repr(admission)
    assert admission.token not in repr(admission)
    for name, password in (("owner", "wrong"), ("nobody", PASSWORD), ("owner", "")):
        await refused(lambda n=name, p=password: auth.sign_in(n, p, STRANGER))


async def test_each_sign_in_makes_a_new_session_and_ends_the_one_before(
    house: House, auth: Auth
) -> None:
    first = await auth.sign_in("owner", PASSWORD, STRANGER)

    second = await auth.sign_in("owner", PASSWORD, STRANGER, replaces=first.token)

    assert first.token != second.token
    assert auth.guard.find(first.token) is None
    assert auth.guard.find(second.token) == second.session
    await house.bus.drained()
    ended = [event for event in house.heard if isinstance(event, SessionsEnded)]
    assert [event.keys for event in ended] == [frozenset({first.session.key})]


async def test_the_database_holds_no_token_and_no_password(house: House, auth: Auth) -> None:
    admission = await auth.sign_in("owner", PASSWORD, STRANGER)
    link = await auth.make_link()
    await house.bus.drained()
    path = house.database.path
    bytes_ = b"".join(part.read_bytes() for part in path.parent.glob(path.name + "*"))

    assert admission.session.key.encode() in bytes_
    for secret in (admission.token, PASSWORD, link):
        assert secret.encode() not in bytes_
        assert secret not in str(house.heard)


async def test_the_delay_grows_with_each_failure_and_a_success_forgives(
    house: House, auth: Auth
) -> None:
    waits = []
    for _ in range(8):
        fault = await refused(lambda: auth.sign_in("owner", "wrong", STRANGER))
        waits.append(fault.retry_s)
        house.clock.turn(fault.retry_s)

    assert waits == [0, 0, 0, 2, 4, 8, 16, 32]
    assert "Next try in 32" in str(fault)
    await auth.sign_in("owner", PASSWORD, STRANGER)
    assert (await refused(lambda: auth.sign_in("owner", "wrong", STRANGER))).retry_s == 0


async def test_while_waiting_even_the_right_password_is_refused_unseen(
    house: House, auth: Auth
) -> None:
    for _ in range(4):
        await refused(lambda: auth.sign_in("owner", "wrong", STRANGER))

    fault = await refused(lambda: auth.sign_in("owner", PASSWORD, STRANGER))

    assert isinstance(fault, TriedTooOften)
    assert fault.retry_s == 2
    house.clock.turn(1)
    assert (await refused(lambda: auth.sign_in("owner", PASSWORD, STRANGER))).retry_s == 1
    house.clock.turn(30)
    await auth.sign_in("owner", PASSWORD, STRANGER)


async def test_an_address_that_tries_many_names_is_slowed_down_too(
    house: House, auth: Auth
) -> None:
    for n in range(4):
        await refused(lambda n=n: auth.sign_in(f"name{n}", "wrong", STRANGER))

    assert isinstance(
        await refused(lambda: auth.sign_in("another", "wrong", STRANGER)), TriedTooOften
    )
    await auth.sign_in("owner", PASSWORD, HOME)


async def test_a_stranger_keeps_the_owner_out_for_a_minute_at_most(
    house: House, auth: Auth
) -> None:
    for n in range(40):
        visitor = Visitor(address=f"192.0.2.{n}")
        fault = await refused(lambda v=visitor: auth.sign_in("owner", "wrong", v))
        house.clock.turn(fault.retry_s)
    assert fault.retry_s == 60

    await auth.sign_in("owner", PASSWORD, HOME)


async def test_many_attempts_at_once_do_not_slip_through(auth: Auth) -> None:
    attempts = [auth.sign_in("owner", "wrong", STRANGER) for _ in range(12)]

    faults = await asyncio.gather(*attempts, return_exceptions=True)

    looked_at = [fault for fault in faults if not isinstance(fault, TriedTooOften)]
    assert len(looked_at) == 4


async def test_an_address_of_version_6_is_held_to_its_network(auth: Auth) -> None:
    for n in range(4):
        visitor = Visitor(address=f"2001:db8::{n + 1}")
        await refused(lambda v=visitor, n=n: auth.sign_in(f"name{n}", "wrong", v))

    other = Visitor(address="2001:db8::ffff")
    assert isinstance(await refused(lambda: auth.sign_in("x", "wrong", other)), TriedTooOften)


async def test_refusals_are_told_without_repeating_an_unknown_name(
    house: House, auth: Auth
) -> None:
    await refused(lambda: auth.sign_in("hunter2 is my password", "wrong", STRANGER))
    for _ in range(5):
        fault = await refused(lambda: auth.sign_in("owner", "wrong", STRANGER))
        house.clock.turn(fault.retry_s)
    await house.bus.drained()

    failures = [event for event in house.heard if isinstance(event, SignInFailed)]
    assert [type(event) for event in failures] == [SignInFailed] * 4 + [SignInGuessed] * 2
    assert "192.0.2.66" in failures[-1].sentence()
    audit = await house.database.run(find_audit, limit=100)
    assert "hunter2" not in f"{house.heard}{audit}"
    assert [row.outcome for row in audit][:6] == ["refused"] * 6
    assert await house.database.run(find_broken_audit) is None


async def test_signing_out_everywhere_ends_every_session_of_the_account(
    house: House, auth: Auth
) -> None:
    before = [session.key for session in auth.guard.of_user(1)]
    phone = await auth.sign_in("owner", PASSWORD, STRANGER)
    desk = await auth.sign_in("owner", PASSWORD, HOME)

    ended = await auth.sign_out_everywhere(desk.session.key, HOME)

    assert ended == len(before) + 2
    for admission in (phone, desk):
        with pytest.raises(SessionEnded):
            auth.guard.check(admission.session.key)
    await house.bus.drained()
    (told,) = [event for event in house.heard if isinstance(event, SessionsEnded)]
    assert told.keys == {*before, phone.session.key, desk.session.key}
    assert any(isinstance(event, SignedOutEverywhere) for event in house.heard)
    assert await house.database.run(find_sessions, now=house.clock.now()) == []


async def test_signing_out_leaves_the_other_sessions_alone(auth: Auth) -> None:
    phone = await auth.sign_in("owner", PASSWORD, STRANGER)
    desk = await auth.sign_in("owner", PASSWORD, HOME)

    await auth.sign_out(desk.session.key, HOME)

    assert auth.guard.find(desk.token) is None
    assert auth.guard.find(phone.token) is not None
    with pytest.raises(SessionEnded):
        await auth.sign_out(desk.session.key, HOME)


async def test_a_session_in_use_lives_on_and_an_unused_one_ends(house: House, auth: Auth) -> None:
    used = await auth.sign_in("owner", PASSWORD, HOME)
    unused = await auth.sign_in("owner", PASSWORD, STRANGER)
    for _ in range(3):
        house.clock.turn(12 * 3_600)
        auth.guard.check(used.session.key)

    assert auth.guard.find(unused.token) is None
    await auth.housekeep()
    await house.bus.drained()

    kept = await house.database.run(find_sessions, now=house.clock.now())
    assert [session.key for session in kept] == [used.session.key]
    ended = [event for event in house.heard if isinstance(event, SessionsEnded)]
    assert unused.session.key in ended[-1].keys
    assert auth.guard.check(used.session.key).expires_at == kept[0].expires_at


async def test_sessions_survive_a_restart(house: House, auth: Auth) -> None:
    admission = await auth.sign_in("owner", PASSWORD, HOME)

    again = await house.auth()

    assert again.guard.find(admission.token) == admission.session
    assert not again.needs_setup


async def test_a_link_lets_in_once_and_not_after_its_time(house: House) -> None:
    auth = await house.auth()
    token = await auth.make_link(lifetime_s=60)
    late = await auth.make_link(lifetime_s=60)
    assert not auth.needs_setup

    tries = await asyncio.gather(
        *(auth.enter(token, STRANGER) for _ in range(3)), return_exceptions=True
    )

    assert len([t for t in tries if isinstance(t, LinkSpent)]) == 2
    house.clock.turn(61)
    with pytest.raises(LinkSpent):
        await auth.enter(late, HOME)
    with pytest.raises(SignInRefused):
        await auth.sign_in("owner", "", HOME)


async def test_the_password_of_the_settings_makes_the_owner_and_replaces_the_old_one(
    house: House,
) -> None:
    first = await house.auth(CHEAP.hash(PASSWORD), owner="tony")
    admission = await first.sign_in("tony", PASSWORD, HOME)
    assert not first.needs_setup

    changed = CHEAP.hash("quite another one")
    second = await house.auth(changed, owner="tony")

    assert second.guard.find(admission.token) is None
    await refused(lambda: second.sign_in("tony", PASSWORD, HOME))
    again = await second.sign_in("tony", "quite another one", HOME)
    third = await house.auth(changed, owner="tony")
    assert third.guard.find(again.token) is not None


async def test_a_hash_of_old_parameters_is_made_anew_at_sign_in(house: House, auth: Auth) -> None:
    before = await house.database.run(find_owner)
    stronger = Auth(
        house.database,
        house.bus,
        house.clock,
        owner_name="owner",
        password_hash=None,
        session_lifetime_h=24,
        passwords=Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)),
    )
    await stronger.start()

    await stronger.sign_in("owner", PASSWORD, HOME)

    after = await house.database.run(find_owner)
    assert before is not None
    assert after is not None
    assert before.password_hash != after.password_hash
    assert "t=2" in str(after.password_hash)
    await stronger.sign_in("owner", PASSWORD, HOME)


async def test_an_unknown_name_costs_a_check_as_well() -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            verified.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))

    assert not await passwords.verify(None, PASSWORD)
    assert not await passwords.verify("$argon2id$damaged", PASSWORD)
    assert len(verified) == 2


async def test_preferences_are_kept_for_each_account(house: House, auth: Auth) -> None:
    assert await auth.find_preferences(1) == Preferences(reduced_effects=False)

    await auth.change_preferences(1, reduced_effects=True)

    assert (await (await house.auth()).find_preferences(1)).reduced_effects is True
    with pytest.raises(ValidationError):
        await auth.change_preferences(1, reduced_effects="perhaps")
    with pytest.raises(ValidationError):
        await auth.change_preferences(1, colour="pink")
    assert (await auth.find_preferences(1)).reduced_effects is True


def test_preferences_of_another_version_lose_only_what_is_not_known() -> None:
    assert parse_preferences('{"reduced_effects": true, "later": 1}').reduced_effects is True
    assert parse_preferences('{"reduced_effects": 7}') == Preferences()


async def test_an_action_of_a_person_is_in_the_audit(house: House, auth: Auth) -> None:
    await auth.record_action(
        actor="user/owner", action="fault.start", target="power-off/agent1", outcome="done"
    )

    newest = (await house.database.run(find_audit, limit=1))[0]
    assert (newest.actor, newest.action, newest.target) == (
        "user/owner",
        "fault.start",
        "power-off/agent1",
    )
    assert digest("x") != newest.hash
