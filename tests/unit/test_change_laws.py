"""Who may change the cluster: a change is made in one room, and sent from one other."""

import ast
from pathlib import Path

from services.cluster.change import Change, Method
from services.cluster.client import Question
from tests.support.source_trees import nodes, told

ROOT = Path(__file__).parents[2]
PRODUCT = [
    path
    for path in (ROOT / "app.py", *ROOT.glob("*/**/*.py"))
    if path.relative_to(ROOT).parts[0] in ("app.py", "cli", "pages", "components", "services", "db")
]
ORDERS = "services/cluster/orders/"
MAY_USE_ORDERS = ("services/cluster/orders/", "services/cluster/service.py", "services/tools/")


def test_a_change_is_made_nowhere_but_among_the_orders() -> None:
    makers = {
        told(path)
        for path in PRODUCT
        for node in nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Change"
    }

    assert makers
    assert all(place.startswith(ORDERS) for place in makers), makers


def test_orders_are_given_by_tools_alone() -> None:
    users = {
        told(path)
        for path in PRODUCT
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("services.cluster.orders")
    }

    assert all(place.startswith(MAY_USE_ORDERS) for place in users), users


def test_every_order_is_a_function_whose_path_is_written_there() -> None:
    """No order takes a path, a method or a form from whoever gives it."""
    free = {"path", "method", "form", "params", "data"}
    given = {
        f"{told(path)}:{node.name}"
        for path in PRODUCT
        if told(path).startswith(ORDERS)
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef)
        and free & {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
    }

    assert not given


def test_a_question_still_knows_no_verb() -> None:
    """Whatever asks cannot change; what changes is no question."""
    assert "method" not in Question.__dataclass_fields__
    assert {method.value for method in Method} == {"POST", "PUT", "DELETE"}
    assert not issubclass(Change, Question)
