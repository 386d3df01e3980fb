"""Llama-servers that are not as Jarvis would have them, over real sockets."""

import pytest
from aiohttp import web

from services.clock import SystemClock
from services.llm.errors import AnswerUnreadable
from services.llm.local.config import LocalConfig
from services.llm.local.provider import LocalProvider
from services.llm.local.server import LlamaServer
from tests.support import llama_double as double
from tests.support.waiting import until

LOOK_S = 0.1


async def test_a_server_of_several_models_is_told_to_be_started_with_one() -> None:
    async with double.llama_double() as server:
        server.acts["/props"] = double.told(
            {
                "role": "router",
                "model_alias": "llama-server",
                "model_path": "none",
                "default_generation_settings": {"params": None, "n_ctx": 0},
            }
        )
        llama = LlamaServer(LocalConfig(base_url=server.url, loopback_only=True))

        with pytest.raises(AnswerUnreadable) as caught:
            await llama.look()

        assert "several models" in caught.value.because
        assert caught.value.remedy == "Start that llama-server with one model, by -m"
        await llama.close()


async def test_the_yes_of_a_model_that_always_thinks_is_heard() -> None:
    thought = {"content": "", "reasoning_content": "Here are my reasoning steps:\nYES"}
    async with double.llama_double() as server:
        server.acts["/v1/chat/completions"] = double.told({"choices": [{"message": thought}]})
        config = LocalConfig(base_url=server.url, loopback_only=True)
        local = LocalProvider(config, clock=SystemClock())

        assert await local.ask_yes_no("Does this need a look?") is True
        await local.close()


async def test_a_slow_one_has_as_long_for_its_yes_as_it_was_given() -> None:
    clock = SystemClock()

    async def slowly(_: web.Request) -> web.StreamResponse:
        look_ends_s = clock.monotonic_s() + 2 * LOOK_S
        await until(lambda: clock.monotonic_s() > look_ends_s, "longer than a look may take")
        return web.json_response({"choices": [{"message": {"content": "YES"}}]})

    async with double.llama_double() as server:
        server.acts["/v1/chat/completions"] = slowly
        config = LocalConfig(base_url=server.url, loopback_only=True, look_timeout_s=LOOK_S)
        local = LocalProvider(config, clock=clock)

        assert await local.ask_yes_no("Does this need a look?", within_ms=5_000) is True
        assert await local.ask_yes_no("Does this need a look?", within_ms=50) is None
        await local.close()
