"""Who may come in, how long they stay, and what is kept of it."""

import asyncio

import pytest
from argon2 import PasswordHasher
from pydantic import ValidationError

from db.queries.accounts import find_owner, find_sessions
from db.queries.audit import find_audit
from services.auth.errors import (
    LinkSpent,
    PasswordTooWeak,
    SessionEnded,
    SetupClosed,
    SetupCodeWrong,
    SignInRefused,
)
from services.auth.happenings import OwnerCreated, SessionsEnded, SignedIn, SignedOutEverywhere
from services.auth.passwords import Passwords
from services.auth.preferences import Preferences, parse_preferences
from services.auth.service import Auth
from services.auth.tokens import digest
from tests.support.auth_house import CHEAP, HOME, PASSWORD, STRANGER, AuthHouse, refused


async def test_whoever_has_the_code_of_the_log_becomes_the_owner(auth_house: AuthHouse) -> None:
    auth = await auth_house.auth()
    assert auth.needs_setup

    admission = await auth.set_up("tony", PASSWORD, HOME, code=auth.setup_code or "")

    assert not auth.needs_setup
    assert auth.guard.check(admission.session.key).user_name == "tony"
    await auth_house.bus.drained()
    assert [type(event) for event in auth_house.heard] == [OwnerCreated, SignedIn]
    with pytest.raises(SetupClosed):
        await auth.set_up("mallory", PASSWORD, HOME, code=auth.setup_code or "")
    assert not (await auth_house.auth()).needs_setup


async def test_a_stranger_cannot_take_the_house_without_the_code(auth_house: AuthHouse) -> None:
    auth = await auth_house.auth()
    code = auth.setup_code
    assert code is not None

    for guess in ("", "AAAA-BBBB-CCCC"):
        with pytest.raises(SetupCodeWrong):
            await auth.set_up("mallory", PASSWORD, STRANGER, code=guess)
    assert auth.needs_setup
    assert await auth_house.database.run(find_owner) is None

    await auth.set_up("owner", PASSWORD, STRANGER, code=code.lower().replace("-", " "))
    assert not auth.needs_setup


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "1234567890", "owner owner"])
async def test_a_password_easy_to_guess_is_refused(auth_house: AuthHouse, password: str) -> None:
    auth = await auth_house.auth(owner="owner owner")

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
    auth_house: AuthHouse, auth: Auth
) -> None:
    first = await auth.sign_in("owner", PASSWORD, STRANGER)

    second = await auth.sign_in("owner", PASSWORD, STRANGER, replaces=first.token)

    assert first.token != second.token
    assert auth.guard.find(first.token) is None
    assert auth.guard.find(second.token) == second.session
    await auth_house.bus.drained()
    ended = [event for event in auth_house.heard if isinstance(event, SessionsEnded)]
    assert [event.keys for event in ended] == [frozenset({first.session.key})]


async def test_the_database_holds_no_token_and_no_password(
    auth_house: AuthHouse, auth: Auth
) -> None:
    admission = await auth.sign_in("owner", PASSWORD, STRANGER)
    link = await auth.make_link()
    await auth_house.bus.drained()
    path = auth_house.database.path
    bytes_ = b"".join(part.read_bytes() for part in path.parent.glob(path.name + "*"))

    assert admission.session.key.encode() in bytes_
    for secret in (admission.token, PASSWORD, link):
        assert secret.encode() not in bytes_
        assert secret not in str(auth_house.heard)


async def test_signing_out_everywhere_ends_every_session_of_the_account(
    auth_house: AuthHouse, auth: Auth
) -> None:
    before = [session.key for session in auth.guard.of_user(1)]
    phone = await auth.sign_in("owner", PASSWORD, STRANGER)
    desk = await auth.sign_in("owner", PASSWORD, HOME)

    ended = await auth.sign_out_everywhere(desk.session.key, HOME)

    assert ended == len(before) + 2
    for admission in (phone, desk):
        with pytest.raises(SessionEnded):
            auth.guard.check(admission.session.key)
    await auth_house.bus.drained()
    (told,) = [event for event in auth_house.heard if isinstance(event, SessionsEnded)]
    assert told.keys == {*before, phone.session.key, desk.session.key}
    assert any(isinstance(event, SignedOutEverywhere) for event in auth_house.heard)
    assert await auth_house.database.run(find_sessions, now=auth_house.clock.now()) == []


async def test_signing_out_leaves_the_other_sessions_alone(auth: Auth) -> None:
    phone = await auth.sign_in("owner", PASSWORD, STRANGER)
    desk = await auth.sign_in("owner", PASSWORD, HOME)

    await auth.sign_out(desk.session.key, HOME)

    assert auth.guard.find(desk.token) is None
    assert auth.guard.find(phone.token) is not None
    with pytest.raises(SessionEnded):
        await auth.sign_out(desk.session.key, HOME)


async def test_a_session_in_use_lives_on_and_an_unused_one_ends(
    auth_house: AuthHouse, auth: Auth
) -> None:
    used = await auth.sign_in("owner", PASSWORD, HOME)
    unused = await auth.sign_in("owner", PASSWORD, STRANGER)
    for _ in range(3):
        auth_house.clock.turn(12 * 3_600)
        auth.guard.check(used.session.key)

    assert auth.guard.find(unused.token) is None
    await auth.housekeep()
    await auth_house.bus.drained()

    kept = await auth_house.database.run(find_sessions, now=auth_house.clock.now())
    assert [session.key for session in kept] == [used.session.key]
    ended = [event for event in auth_house.heard if isinstance(event, SessionsEnded)]
    assert unused.session.key in ended[-1].keys
    assert auth.guard.check(used.session.key).expires_at == kept[0].expires_at


async def test_sessions_survive_a_restart(auth_house: AuthHouse, auth: Auth) -> None:
    admission = await auth.sign_in("owner", PASSWORD, HOME)

    again = await auth_house.auth()

    assert again.guard.find(admission.token) == admission.session
    assert not again.needs_setup


async def test_a_link_lets_in_once_and_not_after_its_time(auth_house: AuthHouse) -> None:
    auth = await auth_house.auth()
    token = await auth.make_link(lifetime_s=60)
    late = await auth.make_link(lifetime_s=60)
    assert not auth.needs_setup

    tries = await asyncio.gather(
        *(auth.enter(token, STRANGER) for _ in range(3)), return_exceptions=True
    )

    assert len([t for t in tries if isinstance(t, LinkSpent)]) == 2
    auth_house.clock.turn(61)
    with pytest.raises(LinkSpent):
        await auth.enter(late, HOME)
    with pytest.raises(SignInRefused):
        await auth.sign_in("owner", "", HOME)


async def test_the_password_of_the_settings_makes_the_owner_and_replaces_the_old_one(
    auth_house: AuthHouse,
) -> None:
    first = await auth_house.auth(CHEAP.hash(PASSWORD), owner="tony")
    admission = await first.sign_in("tony", PASSWORD, HOME)
    assert not first.needs_setup

    changed = CHEAP.hash("quite another one")
    second = await auth_house.auth(changed, owner="tony")

    assert second.guard.find(admission.token) is None
    await refused(lambda: second.sign_in("tony", PASSWORD, HOME))
    again = await second.sign_in("tony", "quite another one", HOME)
    third = await auth_house.auth(changed, owner="tony")
    assert third.guard.find(again.token) is not None


async def test_a_hash_of_old_parameters_is_made_anew_at_sign_in(
    auth_house: AuthHouse, auth: Auth
) -> None:
    before = await auth_house.database.run(find_owner)
    stronger = Auth(
        auth_house.database,
        auth_house.bus,
        auth_house.clock,
        owner_name="owner",
        password_hash=None,
        session_lifetime_h=24,
        passwords=Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)),
    )
    await stronger.start()

    await stronger.sign_in("owner", PASSWORD, HOME)

    after = await auth_house.database.run(find_owner)
    assert before is not None
    assert after is not None
    assert before.password_hash != after.password_hash
    assert "t=2" in str(after.password_hash)
    await stronger.sign_in("owner", PASSWORD, HOME)


async def test_preferences_are_kept_for_each_account(auth_house: AuthHouse, auth: Auth) -> None:
    assert await auth.find_preferences(1) == Preferences(reduced_effects=False)

    await auth.change_preferences(1, reduced_effects=True)

    assert (await (await auth_house.auth()).find_preferences(1)).reduced_effects is True
    with pytest.raises(ValidationError):
        await auth.change_preferences(1, reduced_effects="perhaps")
    with pytest.raises(ValidationError):
        await auth.change_preferences(1, colour="pink")
    assert (await auth.find_preferences(1)).reduced_effects is True


def test_preferences_of_another_version_lose_only_what_is_not_known() -> None:
    assert parse_preferences('{"reduced_effects": true, "later": 1}').reduced_effects is True
    assert parse_preferences('{"reduced_effects": 7}') == Preferences()


async def test_an_action_of_a_person_is_in_the_audit(auth_house: AuthHouse, auth: Auth) -> None:
    await auth.record_action(
        actor="user/owner", action="fault.start", target="power-off/agent1", outcome="done"
    )

    newest = (await auth_house.database.run(find_audit, limit=1))[0]
    assert (newest.actor, newest.action, newest.target) == (
        "user/owner",
        "fault.start",
        "power-off/agent1",
    )
    assert digest("x") != newest.hash
