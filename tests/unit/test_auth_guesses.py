"""How someone who guesses is slowed down, and what is told of it."""

import asyncio

import pytest
from argon2 import PasswordHasher

from db.queries.audit import find_audit, find_broken_audit
from services.auth.errors import SetupCodeWrong, TriedTooOften
from services.auth.happenings import SignInFailed, SignInGuessed
from services.auth.passwords import Passwords
from services.auth.service import Auth
from services.auth.visitor import Visitor
from tests.support.auth_house import HOME, PASSWORD, STRANGER, AuthHouse, refused


async def test_guessing_the_setup_code_is_slowed_down(auth_house: AuthHouse) -> None:
    auth = await auth_house.auth()
    for _ in range(4):
        with pytest.raises(SetupCodeWrong):
            await auth.set_up("mallory", PASSWORD, STRANGER, code="wrong")

    with pytest.raises(TriedTooOften):
        await auth.set_up("mallory", PASSWORD, STRANGER, code=auth.setup_code or "")

    assert auth.needs_setup


async def test_the_delay_grows_with_each_failure_and_a_success_forgives(
    auth_house: AuthHouse, auth: Auth
) -> None:
    waits = []
    for _ in range(8):
        fault = await refused(lambda: auth.sign_in("owner", "wrong", STRANGER))
        waits.append(fault.retry_s)
        auth_house.clock.turn(fault.retry_s)

    assert waits == [0, 0, 0, 2, 4, 8, 16, 32]
    assert "Next try in 32" in str(fault)
    await auth.sign_in("owner", PASSWORD, STRANGER)
    assert (await refused(lambda: auth.sign_in("owner", "wrong", STRANGER))).retry_s == 0


async def test_while_waiting_even_the_right_password_is_refused_unseen(
    auth_house: AuthHouse, auth: Auth
) -> None:
    for _ in range(4):
        await refused(lambda: auth.sign_in("owner", "wrong", STRANGER))

    fault = await refused(lambda: auth.sign_in("owner", PASSWORD, STRANGER))

    assert isinstance(fault, TriedTooOften)
    assert fault.retry_s == 2
    auth_house.clock.turn(1)
    assert (await refused(lambda: auth.sign_in("owner", PASSWORD, STRANGER))).retry_s == 1
    auth_house.clock.turn(30)
    await auth.sign_in("owner", PASSWORD, STRANGER)


async def test_an_address_that_tries_many_names_is_slowed_down_too(
    auth_house: AuthHouse, auth: Auth
) -> None:
    for n in range(4):
        await refused(lambda n=n: auth.sign_in(f"name{n}", "wrong", STRANGER))

    assert isinstance(
        await refused(lambda: auth.sign_in("another", "wrong", STRANGER)), TriedTooOften
    )
    await auth.sign_in("owner", PASSWORD, HOME)


async def test_a_stranger_keeps_the_owner_out_for_a_minute_at_most(
    auth_house: AuthHouse, auth: Auth
) -> None:
    for n in range(40):
        visitor = Visitor(address=f"192.0.2.{n}")
        fault = await refused(lambda v=visitor: auth.sign_in("owner", "wrong", v))
        auth_house.clock.turn(fault.retry_s)
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
    auth_house: AuthHouse, auth: Auth
) -> None:
    await refused(lambda: auth.sign_in("hunter2 is my password", "wrong", STRANGER))
    for _ in range(5):
        fault = await refused(lambda: auth.sign_in("owner", "wrong", STRANGER))
        auth_house.clock.turn(fault.retry_s)
    await auth_house.bus.drained()

    failures = [event for event in auth_house.heard if isinstance(event, SignInFailed)]
    assert [type(event) for event in failures] == [SignInFailed] * 4 + [SignInGuessed] * 2
    assert "192.0.2.66" in failures[-1].sentence()
    audit = await auth_house.database.run(find_audit, limit=100)
    assert "hunter2" not in f"{auth_house.heard}{audit}"
    assert [row.outcome for row in audit][:6] == ["refused"] * 6
    assert await auth_house.database.run(find_broken_audit) is None


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
