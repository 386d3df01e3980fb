"""The documents that list what the code has: nothing is missing in them, nothing is left over."""

import argparse
import ast
import json
import pkgutil
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import services
from db import Database
from pages.security import is_open
from services.events import Event, Happening
from simulator.__main__ import parser
from simulator.api.routes import ROUTES
from simulator.control import make_control
from simulator.simulation import Options, Simulation
from tests.support.command_tree import commands, inner_commands
from tests.support.event_examples import EXAMPLES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
PACKAGES = ("cli", "settings", "pages", "components", "services", "db", "simulator")


def sections(document: str) -> dict[str, str]:
    """Title to the text below it, up to the next heading, in the order of the document."""
    text = re.sub(r"^```.*?^```", "", (DOCS / document).read_text(), flags=re.M | re.S)
    parts = re.split(r"^##+ ", text, flags=re.M)
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts[1:]}


def item(text: str, name: str) -> str | None:
    """What a section's list says under that name."""
    found = re.search(rf"^- {name}: (.*)$", text, re.M)
    return found[1] if found else None


def first_cells(text: str) -> set[str]:
    """What stands in backticks in the first column of the tables."""
    return set(re.findall(r"^\| `([^`]+)`", text, re.M))


# Events


def event_classes() -> dict[str, type[Event]]:
    """Every event that can be told: those that only others derive from have no sentence."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        import_module(module.name)

    def below(kind: type[Event]) -> Iterator[type[Event]]:
        for derived in kind.__subclasses__():
            yield derived
            yield from below(derived)

    # A dataclass with slots is a second class; the first one is still a subclass, but has no name.
    named = {k for k in below(Event) if getattr(sys.modules[k.__module__], k.__name__) is k}
    return {
        kind.__name__: kind
        for kind in named
        if kind.__module__.startswith("services.")
        and not (issubclass(kind, Happening) and kind.sentence is Happening.sentence)
    }


EVENTS = event_classes()
EXAMPLE_OF = {type(example).__name__: example for example in EXAMPLES}


def test_every_event_has_its_heading_and_no_other_looks_like_one() -> None:
    headings = {
        title for title in sections("events.md") if re.fullmatch(r"[A-Z]\w+[A-Z]\w+", title)
    }

    assert len(EVENTS) > 40
    assert headings == set(EVENTS)


def test_every_event_has_its_example() -> None:
    assert set(EXAMPLE_OF) == set(EVENTS)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_is_told_as_it_is(name: str) -> None:
    text, event = sections("events.md")[name], EXAMPLE_OF[name]
    own = [f"`{field.name}`" for field in fields(event) if field.name not in ("at", "node")]

    assert item(text, "Fields") == (", ".join(own) or "none of its own")
    if isinstance(event, Happening):
        assert item(text, "Severity") == f"`{event.severity.value}`"
        assert item(text, "Subject") == f"`{event.subject}`"
        assert item(text, "Example") == event.sentence()
    else:
        assert item(text, "Severity") is None
    assert re.match(r"\n[A-Z]", text), "it does not say when"


# Commands


COMMANDS = commands()


def test_every_command_has_its_heading_and_no_other_looks_like_one() -> None:
    assert {title for title in sections("commands.md") if title.startswith("jarvis ")} == set(
        COMMANDS
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_told_with_its_options_their_defaults_and_an_example(name: str) -> None:
    text, command = sections("commands.md")[name], COMMANDS[name]
    whole = (DOCS / "commands.md").read_text()
    wanted: set[str] = set()
    for param in command.params:
        if param.name != "help":
            is_option = param.param_type_name == "option"
            wanted.add(param.opts[0] if is_option else str(param.name).upper())

    assert first_cells(text) == wanted
    for param in command.params:
        if isinstance(param.default, int | float | str) and not isinstance(param.default, bool):
            assert f"| `{param.opts[0]}` | `{param.default}` |" in text
    if not inner_commands(command):
        assert re.search(rf"^(?:[A-Z_]+=\S+ |.+ \| )?{name}\b", whole, re.M), "it has no example"


# Routes

LIST_ROUTES = """
import json
from app import House
from settings import Settings
from nicegui import app
House(Settings(
    _env_file=None, proxmox_endpoints=["https://127.0.0.1:1"],
    proxmox_token_id="jarvis@pve!watch", proxmox_token_secret="none",
)).build()
print(json.dumps([
    [method, route.path] for route in app.routes for method in getattr(route, "methods", None) or ()
]))
"""


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """`GET /login` and all the others that are Jarvis's own, asked of a house that is built."""
    listed = subprocess.run(
        [sys.executable, "-c", LIST_ROUTES],
        cwd=tmp_path_factory.mktemp("house"),
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {
        f"{method} {path}"
        for method, path in json.loads(listed.stdout)
        if not path.startswith("/_nicegui")
    }


def routes_told() -> dict[str, str]:
    return {
        title: text
        for title, text in sections("routes.md").items()
        if re.match("(GET|POST|PUT|PATCH|DELETE) /", title)
    }


def test_every_route_has_its_heading_and_no_other_looks_like_one(routes: set[str]) -> None:
    assert set(routes_told()) == routes


@pytest.mark.parametrize("title", sorted(routes_told()))
def test_a_route_says_who_may_ask_as_the_wall_has_it(title: str) -> None:
    method, _, path = title.partition(" ")
    who, text = item(routes_told()[title], "Who"), routes_told()[title]

    assert who is not None
    assert who.startswith("anyone" if is_open(path) else "signed in")
    assert ("from a page of ours" in who) == (method != "GET")
    assert item(text, "Answers")


# The simulator


@pytest.fixture(scope="module")
def simulation(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """A simulation that is made and not started."""
    return Simulation(Options(folder=tmp_path_factory.mktemp("simulator")))


def test_every_fault_has_its_heading_with_its_target(simulation: Simulation) -> None:
    told = {title: text for title, text in sections("simulator.md").items() if item(text, "Target")}

    assert set(told) == set(simulation.faults.catalogue)
    for name, fault in simulation.faults.catalogue.items():
        target = item(told[name], "Target") or ""
        given = re.search("by default `([^`]+)`", target)
        assert (given[1] if given else None) == fault.default, name
        assert fault.target.partition(",")[0].split()[0] in target, name


def test_every_endpoint_of_the_simulator_is_listed(simulation: Simulation) -> None:
    listed = first_cells(sections("simulator.md")["The API"])

    assert {name for name in listed if " /" in name} == {
        f"{route.verb} {route.path}" for route in ROUTES
    }


def test_every_request_of_the_control_api_is_listed(simulation: Simulation) -> None:
    text = sections("simulator.md")["The control API"]
    control = make_control(simulation.world, simulation.faults, simulation.doubles, "key")
    served = {
        (route.method, resource.canonical)
        for resource in control.router.resources()
        for route in resource
        if route.method != "HEAD"
    }

    assert {tuple(name.split(" ")) for name in first_cells(text)} == {
        (method, path) for method, path in served if "{" not in path
    }
    assert {path for _, path in served if "{" in path} == set(
        re.findall(r"`(/[^`]*\{[^`]*)`", text)
    )


def test_every_option_of_the_simulator_is_told_with_its_default() -> None:
    rows = dict(
        re.findall(r"^\| `(--[a-z-]+)` \| (.+?) \|", sections("simulator.md")["Options"], re.M)
    )
    options: dict[str, Any] = {
        action.option_strings[0]: action
        for action in parser()._actions
        if not isinstance(action, argparse._HelpAction)
    }

    assert set(rows) == set(options)
    for name, action in options.items():
        usual = action.default
        told = "off" if usual is False else "none" if usual is None else f"`{usual}`"
        assert rows[name].startswith(told), name


# The architecture


def packages() -> set[str]:
    return {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for package in PACKAGES
        for path in (ROOT / package).rglob("__init__.py")
    }


def test_every_room_is_told_and_none_that_is_gone() -> None:
    rooms = first_cells(sections("architecture.md")["Rooms"])

    assert packages() <= rooms
    assert not [room for room in rooms if not (ROOT / room).exists()]


def test_every_service_that_stands_by_itself_is_told() -> None:
    text = sections("architecture.md")["Rooms"]

    alone = {f"services/{path.name}" for path in (ROOT / "services").glob("*.py")}
    assert alone - {"services/__init__.py"} == set(re.findall(r"`(services/\w+\.py)`", text))


def test_the_modules_named_for_the_cluster_s_room_are_there() -> None:
    text = sections("architecture.md")["The cluster's room"]
    named = re.findall(r"`(?:services/cluster/)?([\w*]+\.py)`", text)

    assert len(named) > 20
    assert not [name for name in named if not list((ROOT / "services/cluster").glob(name))]


def test_every_module_of_the_gate_is_told() -> None:
    text = sections("architecture.md")["The gate's rooms"]

    gate = {f"services/tools/gate/{path.name}" for path in (ROOT / "services/tools/gate").glob("*")}
    modules = {name for name in gate if name.endswith(".py") and "__init__" not in name}
    assert modules
    assert not modules - set(re.findall(r"`([\w/]+\.py)`", text))


def actions_heard(path: Path) -> set[str]:
    """The actions of the browser that a module hears: `on_action("open", …)`, or a loop of them."""
    found: set[str] = set()
    source = path.read_text()
    if ".on_action" not in source:
        return found
    for outer in ast.walk(ast.parse(source)):
        for node in ast.walk(outer) if isinstance(outer, ast.For | ast.Module) else ():
            if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith(".on_action"):
                continue
            if isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
            elif isinstance(outer, ast.For) and isinstance(outer.iter, ast.Tuple):
                found |= {each.elts[0].value for each in outer.iter.elts}
    return found


def test_every_action_of_the_browser_is_told_with_who_hears_it() -> None:
    heard = {
        path.relative_to(ROOT).as_posix(): actions
        for folder in ("components", "pages")
        for path in (ROOT / folder).rglob("*.py")
        if (actions := actions_heard(path))
    }

    rows = re.findall(
        r"^\| `([^`]+\.py)` \| (.+?) \|$",
        sections("architecture.md")["A page and its questions"],
        re.M,
    )
    assert len(heard) > 5
    assert {name: set(re.findall("`([a-z-]+)`", cell)) for name, cell in rows} == heard


def test_every_table_of_the_database_is_told(tmp_path: Path) -> None:
    database = Database(tmp_path, slow_query_ms=10_000)
    database.open()
    database.close()
    with closing(sqlite3.connect(tmp_path / "jarvis.db")) as opened:
        found = opened.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        tables = {name for (name,) in found}

    told = re.findall(r"^\| (.+?) \|", sections("architecture.md")["What is kept"], re.M)
    assert len(tables) > 10
    assert set(re.findall("`(\\w+)`", " ".join(told))) == tables


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_places_in_the_code_that_a_document_names_are_there(document: Path) -> None:
    places = re.findall(r"`([\w-]+/[\w/.-]+\.(?:py|js|css))(?::(\w+))?`", document.read_text())

    for name, thing in places:
        path = ROOT / name
        assert path.is_file(), name
        if thing:
            outer = rf"^\s*(?:async )?(?:class|def) {thing}\b|^{thing}\b"
            assert re.search(outer, path.read_text(), re.M), f"{name}:{thing}"


def anchors(document: Path) -> set[str]:
    """What a heading can be pointed at by, as code hosts make it of its words."""
    titles = re.findall(r"^#+ (.*)$", document.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_headings_that_a_document_points_at_are_there(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#:\s]*)#([^)\s]+)\)", document.read_text())

    assert not [
        f"{name}#{anchor}"
        for name, anchor in targets
        if anchor not in anchors(document.parent / name if name else document)
    ]


@pytest.mark.parametrize("document", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_a_document_can_be_found_from_another(document: Path) -> None:
    others = "".join(path.read_text() for path in DOCUMENTS if path != document)

    assert f"{document.name})" in others or f"{document.name}#" in others
