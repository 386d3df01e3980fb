"""When each part of a node is due to be read."""

from services.nodes.rounds import FAILED_S, INTERVALS_S, Part, Round, Rounds

SENSORS = Round("pve", Part.SENSORS)
DRIVES = Round("pve", Part.DRIVES)


def test_a_new_part_is_due_at_once_and_then_at_its_interval() -> None:
    rounds = Rounds()
    rounds.keep([SENSORS, DRIVES], 100.0)

    assert set(rounds.take_due(100.0)) == {SENSORS, DRIVES}
    assert rounds.take_due(100.0) == [], "what runs is not started again"
    assert rounds.next_s() is None
    rounds.finished(SENSORS, 101.0)
    rounds.finished(DRIVES, 101.0)
    assert rounds.next_s() == 101.0 + INTERVALS_S[Part.SENSORS]
    assert rounds.take_due(130.9) == []
    assert rounds.take_due(131.0) == [SENSORS]


def test_a_failed_part_comes_sooner_and_one_that_is_unsettled_soon() -> None:
    rounds = Rounds()
    rounds.keep([DRIVES], 0.0)
    rounds.take_due(0.0)
    rounds.finished(DRIVES, 0.0, failed=True)
    assert rounds.next_s() == FAILED_S
    rounds.take_due(FAILED_S)
    rounds.finished(DRIVES, 100.0, unsettled=True)
    assert rounds.next_s() == 160.0
    rounds.take_due(160.0)
    rounds.finished(DRIVES, 200.0)
    assert rounds.next_s() == 2_000.0


def test_a_node_that_went_and_came_back_is_read_at_once() -> None:
    rounds = Rounds()
    rounds.keep([DRIVES], 0.0)
    rounds.take_due(0.0)
    rounds.keep([], 5.0)
    rounds.finished(DRIVES, 6.0)
    assert rounds.next_s() is None
    rounds.keep([DRIVES], 10.0)
    assert rounds.take_due(10.0) == [DRIVES]
    rounds.finished(DRIVES, 11.0)
    rounds.hasten("pve", 12.0)
    assert rounds.take_due(12.0) == [DRIVES]


def test_a_part_that_runs_while_it_is_asked_for_anew_runs_once_more() -> None:
    rounds = Rounds()
    rounds.keep([DRIVES], 0.0)
    rounds.take_due(0.0)
    rounds.hasten("pve", 1.0)
    assert rounds.take_due(1.0) == []
    rounds.finished(DRIVES, 2.0, failed=True)

    assert rounds.take_due(2.0) == [DRIVES]
    rounds.finished(DRIVES, 3.0)
    assert rounds.next_s() == 1_803.0
