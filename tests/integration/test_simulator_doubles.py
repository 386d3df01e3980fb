"""The doubles as the simulator starts them: where they are, their faults, their record."""

from collections.abc import Iterator
from pathlib import Path

import anthropic
import httpx
import pytest

from simulator.process import SimulatorFailed, SimulatorProcess
from simulator.remote import ControlRefused
from tests.support.doubles import HAIKU
from tests.support.plain_http import NO_AUTHORITIES

ASK = [{"role": "user", "content": "good morning"}]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[SimulatorProcess]:
    with SimulatorProcess.start(tmp_path / "simulator", llm_speed="instant") as process:
        yield process


def claude(running: SimulatorProcess) -> anthropic.Anthropic:
    return anthropic.Anthropic(
        api_key=running.anthropic_key, base_url=running.anthropic_url, max_retries=0
    )


def greet(client: anthropic.Anthropic) -> anthropic.types.Message:
    return client.messages.create(model=HAIKU, max_tokens=200, messages=ASK)  # type: ignore[arg-type]


def test_the_told_file_leads_to_both_and_says_that_they_are_scripted(
    running: SimulatorProcess,
) -> None:
    with claude(running) as client:
        message = greet(client)
    health = httpx.get(f"{running.llama_url}/health", trust_env=False, verify=NO_AUTHORITIES)

    assert message.stop_reason == "end_turn"
    assert health.json() == {"status": "ok"}
    assert running.scripted is True
    assert running.anthropic_key not in repr(running)


def test_faults_are_given_and_cleared_as_any_other(running: SimulatorProcess) -> None:
    with claude(running) as client:
        running.fault("llm-401")
        with pytest.raises(anthropic.AuthenticationError):
            greet(client)
        running.clear("llm-401")
        running.fault("claude-off")
        with pytest.raises(anthropic.APIConnectionError):
            greet(client)
        running.clear()
        running.fault("llm-429", "7")
        with pytest.raises(anthropic.RateLimitError) as refused:
            greet(client)
        running.clear()
        greet(client)

    assert refused.value.response.headers["retry-after"] == "7"
    with pytest.raises(ControlRefused, match="llm-529 can be given to: claude"):
        running.fault("llm-529", "local")
    with pytest.raises(ControlRefused, match="a number of seconds"):
        running.fault("llm-429", "soon")
    assert running.control.faults()["active"] == []


def test_a_fault_that_lapses_by_itself_opens_the_port_again(running: SimulatorProcess) -> None:
    running.fault("local-off", seconds=0.2)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{running.llama_url}/health", trust_env=False, verify=NO_AUTHORITIES)

    transport = httpx.HTTPTransport(retries=5)
    with httpx.Client(transport=transport, trust_env=False, verify=NO_AUTHORITIES) as patient:
        assert patient.get(f"{running.llama_url}/health").status_code == 200


def test_requests_are_on_record_and_scripts_are_followed(running: SimulatorProcess) -> None:
    running.control.llm_script("claude", {"text": "As you wish."}, {"fault": "llm-529"})
    with claude(running) as client:
        said = greet(client).content[0]
        with pytest.raises(anthropic.OverloadedError):
            greet(client)
    asked = running.control.llm_requests("claude")

    assert said.type == "text"
    assert said.text == "As you wish."
    assert [one["ended"] for one in asked] == ["whole", "refused"]
    assert asked[0]["body"]["messages"] == ASK
    assert running.control.llm_requests("claude", after=asked[0]["number"]) == asked[1:]
    assert running.control.llm_requests("local") == []
    for double, line, words in (
        ("nobody", {"text": "x"}, "no double nobody"),
        ("claude", {"fault": "local-off"}, "no fault local-off of claude"),
        ("claude", {"words": "x"}, "a line is"),
    ):
        with pytest.raises(ControlRefused, match=words):
            running.control.llm_script(double, line)


def test_the_speed_can_be_turned_while_it_runs(running: SimulatorProcess) -> None:
    assert running.control.llm_speed("realistic") == {"speed": "realistic"}
    with pytest.raises(ControlRefused, match="no speed lightning"):
        running.control.llm_speed("lightning")


def test_a_restart_keeps_the_keys(tmp_path: Path) -> None:
    folder = tmp_path / "simulator"
    with SimulatorProcess.start(folder) as first:
        keys = (first.anthropic_key, first.llama_key)
    with SimulatorProcess.start(folder) as second:
        assert (second.anthropic_key, second.llama_key) == keys


def test_a_second_one_is_refused_and_leaves_the_firsts_log_as_it_was(
    running: SimulatorProcess,
) -> None:
    running.log_file.write_text("what the first had to tell\n")

    with pytest.raises(SimulatorFailed, match="another simulator keeps its files"):
        SimulatorProcess.start(running.log_file.parent)

    assert running.log_file.read_text() == "what the first had to tell\n"
    assert [one.name for one in running.log_file.parent.glob("*.log*")] == ["simulator.log"]


def test_a_new_one_begins_its_log_anew(tmp_path: Path) -> None:
    folder = tmp_path / "simulator"
    folder.mkdir()
    (folder / "simulator.log").write_text("of a run before\n")

    with SimulatorProcess.start(folder) as process:
        assert process.log_file.read_text() == ""
