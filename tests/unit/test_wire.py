from datetime import UTC, datetime

import pytest

from services.cluster import wire

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("value", [None, True, False, "", " ", "x", b"1", [], {}, NAN, INF, -INF])
def test_what_is_no_number_is_none_and_not_zero(value):
    assert wire.number(value) is None
    assert wire.whole(value) is None
    assert wire.size(value) is None
    assert wire.fraction(value) is None
    assert wire.moment(value) is None


@pytest.mark.parametrize(
    ("value", "number", "whole"),
    [
        (0, 0, 0),
        (7, 7, 7),
        ("7", 7, 7),
        ("0.25", 0.25, 0),
        (2.9, 2.9, 2),
        (-3, -3, None),
        ("-3", -3, None),
        (10**30, None, None),
        ("9" * 40, None, None),
        ("nan", None, None),
        ("1e400", None, None),
        ("\u0663", None, None),
    ],
)
def test_numbers_are_read_in_every_writing(value, number, whole):
    assert wire.number(value) == number
    assert wire.whole(value) == whole


def test_a_capacity_of_zero_is_unknown():
    assert wire.size(0) is None
    assert wire.size("0") is None
    assert wire.size("512") == 512


def test_a_share_that_overshoots_is_whole_and_an_absurd_one_unknown():
    assert wire.fraction(1.02) == 1.0
    assert wire.fraction(0) == 0
    assert wire.fraction(-0.1) is None
    assert wire.fraction(1e6) is None


def test_a_name_of_digits_is_read_though_it_comes_as_a_number():
    assert wire.text(104) == "104"
    assert wire.text("media\n\x1b[31m") == "media  [31m"
    assert wire.text("  ") is None
    assert wire.text("x" * 9_999) == "x" * wire.TEXT_LIMIT
    assert wire.text(True) is None


@pytest.mark.parametrize("value", [1, "1", True, 1.0])
def test_perls_ways_to_say_yes(value):
    assert wire.truth(value) is True


@pytest.mark.parametrize("value", [0, "0", False, ""])
def test_perls_ways_to_say_no(value):
    assert wire.truth(value) is False


def test_what_is_neither_yes_nor_no_is_unknown():
    assert wire.truth(2) is None
    assert wire.truth(None) is None
    assert wire.truth("maybe") is None


def test_a_time_is_aware_and_zero_is_never():
    assert wire.moment(1_700_000_000) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert wire.moment(0) is None
    assert wire.moment(10**15) is None


def test_tags_are_told_once_in_their_order():
    assert wire.words("web;prod;web", ";") == ("web", "prod")
    assert wire.words(None) == ()


def test_rows_are_only_objects():
    assert list(wire.rows([{"a": 1}, 2, None, [{}]])) == [{"a": 1}]
    assert list(wire.rows({"a": 1})) == []
    assert wire.fields([1]) == {}
