"""The laws of the house that a parser can hold: time, tasks, silence, names and sizes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from settings import Settings
from tests.support.source_trees import nodes, told, tree

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "settings", "pages", "components", "services", "db", "simulator")
ALONE = ("app.py",)

PRODUCT = sorted(
    path
    for path in [*(ROOT / name for name in ALONE), *ROOT.glob("*/**/*.py")]
    if path.is_file() and path.relative_to(ROOT).parts[0] in (*PACKAGES, *ALONE)
)
SERVICES = [path for path in PRODUCT if path.is_relative_to(ROOT / "services")]
DRAWN = sorted(
    path
    for package in ("pages", "components")
    for kind in ("*.js", "*.css")
    for path in (ROOT / package).rglob(kind)
    if "static" not in path.parts  # what others wrote, shipped as it is
)

CLOCK = "services/clock.py"
TASKS = "services/tasks.py"
OWN_TIME = {
    "datetime.now": CLOCK,
    "datetime.utcnow": CLOCK,
    "datetime.today": CLOCK,
    "date.today": CLOCK,
    "time.time": CLOCK,
    "time.monotonic": CLOCK,
    "time.sleep": CLOCK,
    "asyncio.sleep": CLOCK,
    "asyncio.create_task": TASKS,
    "asyncio.ensure_future": TASKS,
}
"""What only one module may call, and which."""

MOST_LINES = 400
LONGER_BECAUSE: dict[str, str] = {}
"""Files allowed to be longer, each with its reason."""

PLAIN_NUMBERS = {"jarvis_port"}
"""Numeric settings without a unit, since they have none."""
UNITS = ("_s", "_ms", "_h", "_days", "_percent", "_bytes", "_ratio", "_usd", "_c")


LOOSE_BECAUSE = {
    "db/queries/events.py:feed_statement": "a statement and the values bound to it",
    "services/cluster/client.py:loads_errors": "proxmoxer calls it by this name and shape",
}
"""Public functions that hand out a `dict[str, Any]` all the same, each with its reason."""

UNVERIFIED_BECAUSE = {
    "services/cluster/session.py:CERT_NONE": "a pinned certificate is compared by itself instead",
}
"""Where a certificate's chain is not looked at, each with what is done in its place."""

UNVERIFIED = ("_create_unverified_context", "disable_warnings", "CERT_NONE")
EMPTY_NAME = re.compile("manager|helpers?|utils?|common|misc", re.IGNORECASE)
EMPTY_CLASS = re.compile("(Manager|Helper|Utils?)$")


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Dotted name and line of each call, as far as it is written out."""
    for node in nodes(path):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def imported_bare(path: Path) -> Iterator[tuple[str, int]]:
    """`from asyncio import sleep` would hide what is called."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "asyncio"):
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def places(found: Iterator[tuple[str, int, str]]) -> list[str]:
    return [f"{path}:{line} {what}" for path, line, what in found]


def test_there_is_something_to_look_at() -> None:
    assert len(SERVICES) > 10
    assert len(PRODUCT) > len(SERVICES)
    assert DRAWN


def test_a_service_is_handed_its_time_and_its_tasks() -> None:
    def taken() -> Iterator[tuple[str, int, str]]:
        for path in SERVICES:
            for name, line in [*calls(path), *imported_bare(path)]:
                for banned, home in OWN_TIME.items():
                    if name in (banned, f"datetime.{banned}") and told(path) != home:
                        yield told(path), line, name

    assert not places(taken())


def test_the_module_beside_the_packages_keeps_to_its_floor() -> None:
    """The import linter sees packages alone: the command stands above app."""

    def roots(name: str) -> set[str]:
        found: set[str] = set()
        for node in nodes(ROOT / name):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            if isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
        return found

    assert "cli" not in roots("app.py")
    assert sorted(ALONE) == sorted(path.name for path in ROOT.glob("*.py"))


def test_nothing_fails_in_silence() -> None:
    def silent() -> Iterator[tuple[str, int, str]]:
        for path in PRODUCT:
            for node in nodes(path):
                if isinstance(node, ast.ExceptHandler) and swallows(node):
                    yield told(path), node.lineno, "swallows whatever happens"
                if isinstance(node, ast.Raise) and node.exc is not None:
                    raised = ast.unparse(node.exc).partition("(")[0]
                    if raised in ("Exception", "BaseException"):
                        yield told(path), node.lineno, f"raises a bare {raised}"

    assert not places(silent())


def swallows(handler: ast.ExceptHandler) -> bool:
    broad = handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException")
    idle = (ast.Pass, ast.Continue)
    return broad and all(
        isinstance(step, idle)
        or (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))
        for step in handler.body
    )


def test_tls_and_the_shell_are_never_opened_up() -> None:
    def opened() -> Iterator[tuple[str, int, str]]:
        for path in PRODUCT:
            for node in nodes(path):
                if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
                    pair = (node.arg, node.value.value)
                    if pair in (("verify", False), ("verify_ssl", False), ("shell", True)):
                        yield told(path), node.value.lineno, f"{node.arg}={node.value.value}"
                name = node.attr if isinstance(node, ast.Attribute) else ""
                if name in UNVERIFIED and f"{told(path)}:{name}" not in UNVERIFIED_BECAUSE:
                    yield told(path), node.lineno, name

    assert not places(opened())


def test_a_file_has_one_subject_and_fits_in_a_head() -> None:
    lengths = {told(path): len(path.read_text().splitlines()) for path in [*PRODUCT, *DRAWN]}

    long = {name for name, lines in lengths.items() if lines > MOST_LINES}
    assert long == set(LONGER_BECAUSE)


def test_a_room_is_named_for_what_is_in_it() -> None:
    def empty_names() -> Iterator[tuple[str, int, str]]:
        for path in PRODUCT:
            for name in (path.stem, path.parent.name):
                if EMPTY_NAME.fullmatch(name):
                    yield told(path), 1, name
            for node in nodes(path):
                if isinstance(node, ast.ClassDef) and EMPTY_CLASS.search(node.name):
                    yield told(path), node.lineno, node.name

    assert not places(empty_names())


def test_a_package_says_its_purpose_in_one_sentence() -> None:
    purposes = {
        told(package): ast.get_docstring(tree(package / "__init__.py")) or ""
        for package in {path.parent for path in PRODUCT} - {ROOT}
    }

    firsts = {name: text.partition("\n\n")[0] for name, text in purposes.items()}
    assert not [name for name, first in firsts.items() if not first.endswith(".")]
    assert not [name for name, first in firsts.items() if len(first) > 200]


def test_a_module_says_what_it_is_for() -> None:
    assert not [told(path) for path in PRODUCT if not ast.get_docstring(tree(path))]


def test_services_and_db_hand_out_no_loose_dictionary() -> None:
    def loose() -> Iterator[tuple[str, int, str]]:
        for path in PRODUCT:
            if not told(path).startswith(("services/", "db/")):
                continue
            for node in nodes(path):
                functions = (ast.FunctionDef, ast.AsyncFunctionDef)
                if not isinstance(node, functions) or node.name.startswith("_"):
                    continue
                shape = ast.unparse(node.returns) if node.returns else ""
                if "dict[str, Any]" in shape and f"{told(path)}:{node.name}" not in LOOSE_BECAUSE:
                    yield told(path), node.lineno, node.name

    assert not places(loose())


def test_a_setting_that_counts_something_names_its_unit() -> None:
    numeric = [
        name
        for name, field in Settings.model_fields.items()
        if field.annotation in (int, float) and name not in PLAIN_NUMBERS
    ]

    assert not [name for name in numeric if not name.endswith(UNITS)]


def test_the_product_does_not_ask_whether_it_is_simulated() -> None:
    def asking() -> Iterator[tuple[str, int, str]]:
        for path in PRODUCT:
            if not told(path).startswith(("services/", "db/")):
                continue
            for node in nodes(path):
                if isinstance(node, ast.Name | ast.Attribute):
                    name = node.id if isinstance(node, ast.Name) else node.attr
                    if "simulat" in name.lower():
                        yield told(path), node.lineno, name

    assert not places(asking())
