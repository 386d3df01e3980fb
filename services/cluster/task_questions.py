"""What is asked of one task: how it stands, and its log. For the page and for tools alike."""

from services.cluster.client import Question, asking, timeless
from services.cluster.model import TaskSnapshot
from services.cluster.parse_tasks import parse_task, parse_task_log

LOG_LINES_ASKED = 5_000
"""A log is handed out from its first line on, so its end is only had with all before it."""


def ask_task(node: str, upid: str) -> Question[TaskSnapshot | None]:
    """How a task of that node stands; None for no answer of use."""
    return asking(timeless(parse_task), "nodes", node, "tasks", upid, "status")


def ask_task_log(node: str, upid: str) -> Question[tuple[str, ...]]:
    """The log of a task of that node, oldest line first."""
    path = ("nodes", node, "tasks", upid, "log")
    return asking(timeless(parse_task_log), *path, limit=LOG_LINES_ASKED)
