"""The tier of single commands: our own list, the read-only list, the public corpora."""

import pytest

from services.safety.classifier import LONGEST_CHARS, classify
from services.safety.commands.table import COMMANDS, FAMILIES
from services.safety.tiers import Tier
from tests.support.command_cases import (
    Case,
    own_cases,
    public_destructive,
    read_only_commands,
)

CASES = own_cases()
READ_ONLY = read_only_commands()


def test_there_are_enough_cases_of_every_tier() -> None:
    assert len(CASES) >= 300
    assert len(READ_ONLY) >= 150
    assert {case.tier for case in CASES} == set(Tier)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.command[:60])
def test_a_command_gets_the_tier_it_is_listed_with(case: Case) -> None:
    verdict = classify(case.command)

    assert verdict.tier is case.tier, verdict.reason
    assert verdict.reason


def test_what_only_reads_is_green() -> None:
    asked = [command for command in READ_ONLY if classify(command).tier is not Tier.GREEN]

    assert len(asked) <= 0.03 * len(READ_ONLY), asked


@pytest.mark.parametrize("corpus", ["guard", "labelled", "examples"])
def test_nothing_destructive_of_a_public_corpus_is_below_red(corpus: str) -> None:
    commands = public_destructive().get(corpus)
    if not commands:
        pytest.skip("the public corpora are not at hand")

    low = [command for command in commands if classify(command).tier < Tier.RED]
    assert not low


def test_a_command_belongs_to_one_family() -> None:
    assert sum(map(len, FAMILIES)) == len(COMMANDS)


def test_no_reader_is_also_on_the_list_of_what_writes() -> None:
    writers = (
        "rm dd tee cp mv chmod chown mkfs shred sh bash python3 perl curl wget ssh su eval git"
    )

    assert not set(writers.split()) & set(COMMANDS)


def test_a_command_of_the_greatest_length_is_read_and_a_longer_one_asked_about() -> None:
    fits = "echo " + "a" * (LONGEST_CHARS - len("echo "))

    assert classify(fits).tier is Tier.GREEN
    assert classify(f"{fits}a").tier is Tier.RED


def test_the_reason_names_what_was_met() -> None:
    assert "--delete" in classify("ls --delete").reason
    assert "corosync" in classify("systemctl restart corosync").reason
    assert "frobnicate" in classify("uptime && frobnicate").reason
    assert "/etc/hosts" not in classify("cat /etc/hosts").reason


def test_a_reason_is_one_short_line_whatever_the_command_holds() -> None:
    for command in ("a\x1b[2Jb", "ls " + "-" * 3000, "\udcff\udcfe", "x" * 100_000):
        reason = classify(command).reason
        assert len(reason) <= 200
        assert reason.isprintable()
