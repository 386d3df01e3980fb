"""The plain pages behind the real wall, over a real file, on a socket of the loopback interface.

It runs in the test's own process, so that a test turns its clock and reads its tables; the talk is
only its keeping of conversations, since these pages ask it for nothing else.
"""

import asyncio
from pathlib import Path
from typing import Any, cast

import httpx
import uvicorn
from fastapi import FastAPI

from db.queries.costs import record_model_request
from db.rows_conversations import ConversationRow
from db.rows_talk import NewModelRequest
from pages import account, audit, costs, missing, talk_export
from pages.origins import Origins
from pages.security import Wall
from pages.sockets import Sockets
from services.auth.passwords import Passwords
from services.auth.service import Auth
from services.auth.visitor import Visitor
from services.llm.conversations.conversations import Conversations
from services.llm.messages import Message, Role, Text
from services.llm.models.config import ModelsConfig
from services.llm.models.models import Models
from tests.support.gate_house import CHEAP, GateHouse
from tests.support.plain_http import NO_AUTHORITIES
from tests.support.waiting import until

PASSWORD = "three blind mice"
HOME = Visitor(address="127.0.0.1", agent="browser")


class KeptTalk:
    """As much of a talk as pages read: what was kept of it."""

    def __init__(self, kept: Conversations) -> None:
        self._kept = kept

    async def find_conversation(self, conversation_id: str, user: str) -> ConversationRow:
        return await self._kept.find(conversation_id, user)

    async def export(self, conversation_id: str, user: str, form: str) -> str:
        return await self._kept.export(conversation_id, user, form)


class PaperHouse(GateHouse):
    """A gate, accounts, models without a key, and the pages over them."""

    def __init__(self, folder: Path, *, models: ModelsConfig | None = None, **config: Any) -> None:
        super().__init__(folder, **{"override_hash": None, **config})
        self._models_config = models or ModelsConfig()
        self.given_hash: str | None = None

    async def open(self) -> "PaperHouse":
        await super().open()
        self.auth = Auth(
            self.database,
            self.bus,
            self.clock,
            owner_name="owner",
            password_hash=self.given_hash,
            session_lifetime_h=24,
            passwords=Passwords(CHEAP),
        )
        await self.auth.start()
        self.models = Models(
            self._models_config,
            database=self.database,
            bus=self.bus,
            clock=self.clock,
            chance=lambda: 0.5,
        )
        await self.models.costs.start()
        self.kept = Conversations(self.database)
        web = FastAPI()
        web.add_middleware(
            Wall,
            auth=self.auth,
            origins=Origins(public_origins=(), trusted_proxies=()),
            sockets=Sockets(),
            clock=self.clock,
        )
        pages = cast(Any, web)
        talk = cast(Any, KeptTalk(self.kept))
        audit.register(pages, audit=self.gate.audit, database=self.database)
        account.register(pages, auth=self.auth, gate=self.gate)
        costs.register(pages, models=self.models, talk=talk)
        talk_export.register(pages, talk=talk)
        missing.register(pages)
        self._server = uvicorn.Server(
            uvicorn.Config(
                web, host="127.0.0.1", port=0, log_config=None, access_log=False, ws="none"
            )
        )
        self._serving = asyncio.create_task(self._server.serve())
        await until(lambda: self._server.started, "the pages to be served")
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        return self

    async def shut(self, *, killed: bool = False) -> None:
        self._server.should_exit = True
        await self._serving
        await self.models.stop("the test ends")
        await super().shut(killed=killed)

    async def enter(self, *, set_up: bool = True) -> httpx.AsyncClient:
        """A browser with a session: of the first visitor, or by the password."""
        if self.auth.needs_setup and set_up:
            admission = await self.auth.set_up(
                "owner", PASSWORD, HOME, code=self.auth.setup_code or ""
            )
        else:
            admission = await self.auth.sign_in("owner", PASSWORD, HOME)
        return self.browser(admission.token)

    async def enter_by_link(self) -> httpx.AsyncClient:
        """A browser with a session of a one-time link."""
        token = await self.auth.make_link()
        return self.browser((await self.auth.enter(token, HOME)).token)

    def browser(self, token: str | None = None) -> httpx.AsyncClient:
        """A browser, of a stranger or with a session's token; close it."""
        cookies = {"jarvis_session": token} if token else {}
        return httpx.AsyncClient(
            verify=NO_AUTHORITIES,
            base_url=self.origin,
            headers={"origin": self.origin, "accept": "text/html"},
            cookies=cookies,
            timeout=20,
        )

    async def converse(self, id: str, text: str, *, user: str = "owner") -> None:
        """A conversation that begins with these words."""
        question = Message(
            id=f"m-{id}",
            conversation_id=id,
            role=Role.USER,
            parts=(Text(text=text),),
            at=self.clock.now(),
        )
        await self.kept.begin(id, question, user=user)
        await self.kept.keep([question], turn=f"t-{id}", question=question.id)

    async def spend(self, **fields: Any) -> None:
        """A request to a model, as it was counted."""
        told = {"at": self.clock.now(), "provider": "claude", "model": "claude-haiku-5-5"}
        row = NewModelRequest(**{**told, **fields})
        await self.database.run(record_model_request, row)
