"""The conversation of a page as a person has it: say something, wait for the end, read it."""

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from playwright.sync_api import Locator, Page, expect

from simulator.remote import Control

ENDED = """() => {
  const talk = document.querySelector('.panel-talk');
  const last = talk.querySelector('.talk-list').lastElementChild;
  return talk.querySelector('.talk-doing').hidden && last?.matches('.talk-answer')
    && last.dataset.state === 'whole' && last.querySelector('.talk-who') !== null;
}"""
MONEY = re.compile(r"\$(\d+\.?\d*)")


@dataclass(frozen=True, slots=True)
class TalkPage:
    """One page's conversation, and the models that answer in it."""

    page: Page
    models: Control

    @property
    def panel(self) -> Locator:
        """The whole of it."""
        return self.page.locator(".panel-talk")

    @property
    def field(self) -> Locator:
        """Where one writes."""
        return self.page.get_by_role("textbox", name="Message to Jarvis")

    @property
    def questions(self) -> Locator:
        """What persons said."""
        return self.page.locator(".talk-question")

    @property
    def answers(self) -> Locator:
        """What Jarvis said, one for each round."""
        return self.page.locator(".talk-answer")

    @property
    def last(self) -> Locator:
        """The latest answer."""
        return self.answers.last

    @property
    def foot(self) -> Locator:
        """What stands below the latest answer."""
        return self.last.locator(".talk-foot")

    @property
    def card(self) -> Locator:
        """The question to a person that stands in the conversation."""
        return self.page.locator(".panel-talk .approval")

    @property
    def says(self) -> Locator:
        """What is told above the field."""
        return self.page.locator(".talk-says")

    def tools(self) -> list[str]:
        """The tools of the latest turn, in the order of their cards."""
        found: list[str] = self.page.evaluate(
            """() => {
              const all = [...document.querySelectorAll('.talk-list > article')];
              const from = all.findLastIndex((one) => one.matches('.talk-question'));
              return all.slice(from).flatMap((one) =>
                [...one.querySelectorAll('.talk-tool summary b')].map((name) => name.textContent));
            }"""
        )
        return found

    def say(self, text: str) -> None:
        """Say it; comes back once it stands in the conversation."""
        before = self.questions.count()
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.questions).to_have_count(before + 1)

    def wait(self, within_ms: float = 30_000) -> Locator:
        """The latest answer, once the turn has ended."""
        self.page.wait_for_function(ENDED, timeout=within_ms)
        return self.last

    def ask(self, text: str) -> Locator:
        """Say it, and wait for the answer."""
        self.say(text)
        return self.wait()

    def act(self, name: str) -> None:
        """Press what stands below the latest answer."""
        self.last.hover()
        self.last.get_by_role("button", name=name, exact=True).click()

    def act_anew(self, name: str) -> Locator:
        """Press what has the conversation drawn anew, and wait for the answer."""
        drawn = self.last.element_handle()
        self.act(name)
        assert drawn is not None
        drawn.wait_for_element_state("hidden")
        return self.wait()

    def cost_usd(self) -> Decimal:
        """What the footer of the latest answer says that the turn has cost."""
        found = MONEY.search(self.foot.inner_text())
        assert found is not None, self.foot.inner_text()
        return Decimal(found[1])

    def cost_rows(self) -> list[dict[str, str]]:
        """The requests on record of the conversation that is open, oldest first."""
        told = self.page.request.get("/costs.csv")
        assert told.status == 200
        id = self.page.evaluate("localStorage.getItem('jarvis.talk.open')")
        return [
            row for row in csv.DictReader(io.StringIO(told.text())) if row["conversation"] == id
        ]

    def asked(self, after: int) -> list[dict[str, Any]]:
        """What the models were asked for words after that request."""
        generating = ("/v1/messages", "/v1/chat/completions")
        return [one for one in self.models.llm_requests(after=after) if one["path"] in generating]

    def last_request(self) -> int:
        """The number of the latest request to a model."""
        return max((one["number"] for one in self.models.llm_requests()), default=0)

    def wait_for_models(self) -> None:
        """Until both models are said to be ready; one that rests is left alone for seconds."""
        self.page.wait_for_function(
            "() => jarvis.panel('talk').meta.providers?.every((one) => one.state === 'ready')",
            timeout=30_000,
        )
