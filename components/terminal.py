"""The terminals: a panel with a tab for each, whose screens have sockets of their own.

What the panel is told, under `terminals`: `{list: [{id, node, guest, name, state, because, away,
approval, asked, opened, fingerprint, status}], asked?: {ask, id | because, remedy}}`; times are
seconds since the epoch, `ask` is whatever the browser had sent along to know its own wish again.

The browser asks for `terminals` (the list), `open-terminal` {node, guest, cols, rows, ask} and
`close-terminal` {id}. Any part of the page may ask for `open-terminal` {node, guest}: the panel
comes to the front and fills in the rest. For others it asks `wake-node` {node} and
`show-approval` {id}.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import nicegui.elements.xterm
from nicegui import ui
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from components.live.asking import Args, Teller, read_asked
from services.nodes.errors import NodesError
from services.nodes.terminal_model import MOST_COLS, MOST_ROWS, TerminalFacts
from services.nodes.terminals import Terminals

XTERM = Path(nicegui.elements.xterm.__file__).parent / "dist"
"""NiceGUI's own bundle of xterm.js; importing its package lets pages import it."""


class Page(Teller, Protocol):
    """A page that knows who is signed in on it; `Live` is one."""

    user: str
    session: str


class _Open(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    node: str = Field(min_length=1, max_length=63, pattern=r"^[\w.-]+$")
    guest: int | None = Field(default=None, ge=1, le=999_999_999)
    cols: int = Field(default=80, ge=1, le=MOST_COLS)
    rows: int = Field(default=24, ge=1, le=MOST_ROWS)
    ask: str = Field(default="", max_length=40)


class _Close(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(min_length=1, max_length=64)


class Terminal(
    ui.element,
    component="terminal.js",
    dependencies=["terminal_*.js"],
    default_classes="hud hud-terminal",
):
    """One page's panel of terminals; place it once."""

    def __init__(self, live: Page, terminals: Terminals) -> None:
        super().__init__()
        self.add_resource(XTERM)
        answers = TerminalAnswers(live, terminals)
        live.on_action("terminals", answers.tell)
        live.on_action("open-terminal", answers.open)
        live.on_action("close-terminal", answers.close)
        self.client.on_delete(answers.end)


class TerminalAnswers:
    """Opens and closes the terminals of one page's session, and tells it of them all."""

    def __init__(self, live: Page, terminals: Terminals) -> None:
        self._live = live
        self._terminals = terminals
        self.end = terminals.on_change(live.session, self._tell)

    async def tell(self, _: Mapping[str, Any]) -> None:
        """Tell which terminals there are."""
        self._tell()

    async def open(self, args: Args) -> None:
        """Ask for a terminal."""
        if (asked := read_asked(_Open, args, "open-terminal")) is None:
            return
        try:
            facts = self._terminals.open(
                asked.node,
                guest=asked.guest,
                cols=asked.cols,
                rows=asked.rows,
                owner=self._live.session,
                user=self._live.user,
            )
        except NodesError as error:
            self._tell({"ask": asked.ask, "because": error.because, "remedy": error.remedy})
            return
        self._tell({"ask": asked.ask, "id": facts.id})

    async def close(self, args: Mapping[str, Any]) -> None:
        """End a terminal of this session; one that is gone already is told as gone."""
        try:
            asked = _Close.model_validate(dict(args))
            await self._terminals.close(asked.id, self._live.session)
        except (ValidationError, NodesError):
            self._tell()

    def _tell(self, asked: Mapping[str, Any] | None = None) -> None:
        facts = self._terminals.of_session(self._live.session)
        told: dict[str, Any] = {"list": [draw_terminal(each) for each in facts]}
        if asked is not None:
            told["asked"] = asked
        self._live.tell("terminals", told)


def draw_terminal(facts: TerminalFacts) -> Mapping[str, Any]:
    """A terminal as the browser has it."""
    return {
        "id": facts.id,
        "node": facts.place.node,
        "guest": facts.place.guest,
        "name": facts.place.guest_name,
        "state": facts.state.value,
        "because": facts.because,
        "away": facts.away,
        "approval": facts.approval_id,
        "asked": facts.asked_at.timestamp(),
        "opened": None if facts.opened_at is None else facts.opened_at.timestamp(),
        "fingerprint": facts.fingerprint,
        "status": facts.exit_status,
    }
