"""What the log of a task becomes."""

from services.cluster.parse_tasks import LOG_LINE_LIMIT, parse_task_log


def test_the_lines_come_in_the_order_of_their_numbers() -> None:
    payload = [{"n": 2, "t": "TASK OK"}, {"n": 1, "t": "  INFO: began\t100 %"}]

    assert parse_task_log(payload) == ("  INFO: began 100 %", "TASK OK")


def test_what_is_no_line_is_passed_over_and_what_is_too_long_is_cut() -> None:
    payload = [{"n": 1, "t": None}, {"t": "no number"}, "text", {"n": 3, "t": "x" * 9_000}]

    assert parse_task_log(payload) == ("x" * LOG_LINE_LIMIT,)
    assert parse_task_log({"n": 1}) == ()
    assert parse_task_log(None) == ()
