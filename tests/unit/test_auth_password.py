"""Another password: who may set it, what it ends, and how a guesser is slowed down."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path

import pytest

from db import Database
from db.queries.audit import find_audit, find_broken_audit
from services.auth.admissions import Admission
from services.auth.errors import (
    AuthError,
    PasswordGiven,
    PasswordTooWeak,
    SessionEnded,
    SignInRefused,
    TriedTooOften,
)
from services.auth.happenings import PasswordChanged, SessionsEnded, SignInFailed, SignInGuessed
from services.auth.passwords import Passwords
from services.auth.service import Auth
from services.auth.visitor import Visitor
from services.events import Bus, Event
from services.tasks import Tasks
from tests.support.gate_house import CHEAP
from tests.support.turned_clock import TurnedClock

OLD, NEW = "three blind mice", "four sighted voles"
HOME = Visitor(address="127.0.0.1", agent="browser")
AWAY = Visitor(address="192.0.2.66", agent="phone")


@dataclass
class Door:
    """Auth over a real file, and what it published."""

    database: Database
    bus: Bus
    clock: TurnedClock
    heard: list[Event]
    auth: Auth

    async def events(self, kind: type[Event]) -> list[Event]:
        await self.bus.drained()
        return [event for event in self.heard if isinstance(event, kind)]

    def lives(self, admission: Admission) -> bool:
        return self.auth.guard.find(admission.token) is not None


def make_auth(
    database: Database, bus: Bus, clock: TurnedClock, given_hash: str | None = None
) -> Auth:
    return Auth(
        database,
        bus,
        clock,
        owner_name="owner",
        password_hash=given_hash,
        session_lifetime_h=24,
        passwords=Passwords(CHEAP),
    )


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    database = Database(tmp_path, slow_query_ms=10_000)
    database.open()
    tasks, clock, heard = Tasks(), TurnedClock(), list[Event]()
    bus = Bus(tasks)

    async def hear(event: Event) -> None:
        heard.append(event)

    bus.subscribe(Event, hear, name="test")
    auth = make_auth(database, bus, clock)
    await auth.start()
    yield Door(database=database, bus=bus, clock=clock, heard=heard, auth=auth)
    await tasks.stop(because="the test is over")
    database.close()


@pytest.fixture
async def owner(door: Door) -> Admission:
    return await door.auth.set_up("owner", OLD, HOME, code=door.auth.setup_code or "")


async def fault_of(attempt: Awaitable[None]) -> AuthError:
    with pytest.raises(AuthError) as told:
        await attempt
    return told.value


async def test_the_new_one_lets_in_and_the_old_one_no_longer(door: Door, owner: Admission) -> None:
    await door.auth.change_password(owner.session.key, OLD, NEW, HOME)

    await door.auth.sign_in("owner", NEW, AWAY)
    with pytest.raises(SignInRefused):
        await door.auth.sign_in("owner", OLD, AWAY)


async def test_every_other_session_ends_and_the_one_it_was_changed_in_stays(
    door: Door, owner: Admission
) -> None:
    phone = await door.auth.sign_in("owner", OLD, AWAY)
    laptop = await door.auth.sign_in("owner", OLD, HOME)

    await door.auth.change_password(owner.session.key, OLD, NEW, HOME)

    assert door.lives(owner)
    assert not door.lives(phone)
    assert not door.lives(laptop)
    (ended,) = await door.events(SessionsEnded)
    assert isinstance(ended, SessionsEnded)
    assert ended.keys == {phone.session.key, laptop.session.key}
    assert ended.because == "the password was changed"
    (told,) = await door.events(PasswordChanged)
    assert isinstance(told, PasswordChanged)
    assert (told.user, told.address, told.sessions) == ("owner", "127.0.0.1", 2)
    after = make_auth(door.database, door.bus, door.clock)
    await after.start()
    assert after.guard.find(owner.token) is not None
    assert after.guard.find(phone.token) is None, "nor does a restart bring it back"


async def test_it_is_on_record_without_either_password(door: Door, owner: Admission) -> None:
    await fault_of(door.auth.change_password(owner.session.key, "wrong guess", NEW, AWAY))

    await door.auth.change_password(owner.session.key, OLD, NEW, AWAY)

    entry, refused = (await door.database.run(find_audit, limit=5))[:2]
    assert (entry.actor, entry.action, entry.target, entry.outcome) == (
        "user/owner",
        "change-password",
        "address/192.0.2.66",
        "done",
    )
    assert refused.outcome == "refused"
    assert await door.database.run(find_broken_audit) is None
    await door.bus.drained()
    path = door.database.path
    kept = b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))
    for secret in (OLD, NEW, "wrong guess"):
        assert secret not in str(door.heard)
        assert secret.encode() not in kept


async def test_a_wrong_present_one_changes_nothing_and_says_which_is_wrong(
    door: Door, owner: Admission
) -> None:
    phone = await door.auth.sign_in("owner", OLD, AWAY)

    fault = await fault_of(door.auth.change_password(owner.session.key, "wrong", NEW, HOME))

    assert isinstance(fault, SignInRefused)
    assert "present password" in str(fault)
    assert door.lives(phone)
    await door.auth.sign_in("owner", OLD, HOME)
    assert await door.events(PasswordChanged) == []


async def test_a_stolen_page_cannot_guess_the_present_one(door: Door, owner: Admission) -> None:
    for _ in range(4):
        fault = await fault_of(door.auth.change_password(owner.session.key, "guess", NEW, AWAY))
    assert "Next try in 2" in str(fault)

    fault = await fault_of(door.auth.change_password(owner.session.key, OLD, NEW, AWAY))

    assert isinstance(fault, TriedTooOften)
    failures = await door.events(SignInFailed)
    assert [type(event) for event in failures] == [SignInFailed] * 4
    door.clock.turn(2)
    await fault_of(door.auth.change_password(owner.session.key, "guess", NEW, AWAY))
    assert len(await door.events(SignInGuessed)) == 1
    door.clock.turn(60)
    await door.auth.change_password(owner.session.key, OLD, NEW, AWAY)


async def test_guesses_here_and_at_the_door_are_counted_together(
    door: Door, owner: Admission
) -> None:
    for n in range(4):
        guess = door.auth.sign_in("owner", f"guess {n}", Visitor(address=f"192.0.2.{n}"))
        await fault_of(guess)  # type: ignore[arg-type]

    fault = await fault_of(door.auth.change_password(owner.session.key, OLD, NEW, HOME))

    assert isinstance(fault, TriedTooOften)


@pytest.mark.parametrize(
    "wanted", ["", "short", "aaaaaaaaaaaa", "1234567890", "owner", "x" * 257], ids=lambda w: w[:12]
)
async def test_a_weak_one_is_refused_and_nothing_ends(
    door: Door, owner: Admission, wanted: str
) -> None:
    phone = await door.auth.sign_in("owner", OLD, AWAY)

    fault = await fault_of(door.auth.change_password(owner.session.key, OLD, wanted, HOME))

    assert isinstance(fault, PasswordTooWeak)
    assert door.lives(phone)
    await door.auth.sign_in("owner", OLD, HOME)


async def test_who_came_by_a_link_sets_the_first_one_and_gives_none(door: Door) -> None:
    linked = await door.auth.enter(await door.auth.make_link(), HOME)

    await door.auth.change_password(linked.session.key, "", NEW, HOME)

    await door.auth.sign_in("owner", NEW, AWAY)
    fault = await fault_of(door.auth.change_password(linked.session.key, "", "another one", HOME))
    assert isinstance(fault, SignInRefused), "from then on the present one is wanted"


async def test_who_came_by_a_link_gives_the_present_one_where_there_is_one(
    door: Door, owner: Admission
) -> None:
    linked = await door.auth.enter(await door.auth.make_link(), AWAY)

    fault = await fault_of(door.auth.change_password(linked.session.key, "", NEW, AWAY))

    assert isinstance(fault, SignInRefused)
    assert door.lives(owner)


async def test_a_session_that_has_ended_changes_nothing(door: Door, owner: Admission) -> None:
    await door.auth.sign_out(owner.session.key, HOME)

    fault = await fault_of(door.auth.change_password(owner.session.key, OLD, NEW, HOME))

    assert isinstance(fault, SessionEnded)
    await door.auth.sign_in("owner", OLD, HOME)


async def test_a_password_of_the_settings_is_changed_there(door: Door, owner: Admission) -> None:
    given = make_auth(door.database, door.bus, door.clock, CHEAP.hash(OLD))
    await given.start()
    admission = await given.sign_in("owner", OLD, HOME)

    fault = await fault_of(given.change_password(admission.session.key, OLD, NEW, HOME))

    assert isinstance(fault, PasswordGiven)
    assert "JARVIS_PASSWORD_HASH" in str(fault)
    await given.sign_in("owner", OLD, HOME)
