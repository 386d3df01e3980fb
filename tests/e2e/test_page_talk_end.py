"""The end of the conversation: kept in sight, left by whoever scrolls, and offered back."""

from playwright.sync_api import BrowserContext, expect

from simulator.remote import Control
from tests.support.talk_page import TalkPage

AT_END = (
    "() => { const one = document.querySelector('.talk-scroll');"
    " return one.scrollHeight - one.clientHeight - one.scrollTop < 2; }"
)


def scroll_up(talk: TalkPage, by: int) -> None:
    """As a person does who reads what was said before."""
    talk.page.locator(".talk-scroll").hover()
    talk.page.mouse.wheel(0, -by)
    talk.page.wait_for_function(
        AT_END.replace("return one", "return !(one").replace("< 2;", "< 2);")
    )


def test_a_window_that_gets_narrower_stays_at_the_end_of_the_conversation(talk: TalkPage) -> None:
    for _ in range(2):
        talk.ask("@direct guests")
    scroll = talk.page.locator(".talk-scroll")

    for width, height in ((1366, 768), (1000, 700), (1920, 1080)):
        talk.page.set_viewport_size({"width": width, "height": height})

        talk.page.wait_for_function(AT_END)
        expect(scroll).to_be_visible()


def test_whoever_has_scrolled_up_is_offered_the_end_and_stays_there(talk: TalkPage) -> None:
    for _ in range(3):
        talk.ask("@direct guests")
    back = talk.page.get_by_role("button", name="to the end")
    expect(back).to_be_hidden()

    scroll_up(talk, by=600)
    expect(back).to_be_visible()
    back.press("Enter")

    talk.page.wait_for_function(AT_END)
    expect(back).to_be_hidden()
    assert talk.page.evaluate("document.activeElement !== document.body"), "the keyboard goes on"
    talk.ask("@direct guests")
    talk.page.wait_for_function(AT_END)


def test_what_comes_while_one_reads_above_is_told_and_moves_nothing(
    talk: TalkPage, slow: Control
) -> None:
    for _ in range(3):
        talk.ask("@direct guests")
    top = "document.querySelector('.talk-scroll').scrollTop"
    slow.llm_script("claude", {"text": "A long story, told at leisure. " * 60})
    talk.field.fill("@claude tell me a story")
    talk.field.press("Enter")
    expect(talk.answers.last).to_contain_text("A long story")
    scroll_up(talk, by=40)
    before = talk.page.evaluate(top)

    new = talk.page.get_by_role("button", name="new below")
    expect(new).to_be_visible()
    assert talk.page.evaluate(top) == before
    new.click()
    talk.page.wait_for_function(AT_END)
    talk.panel.get_by_role("button", name="Stop").click()
    talk.wait()


def test_what_has_grown_before_the_page_heard_of_its_own_scrolling_is_no_leaving(
    talk: TalkPage,
) -> None:
    for _ in range(3):
        talk.ask("@direct guests")

    talk.page.evaluate(
        """() => {
          const tall = document.createElement('div');
          tall.style.height = '400px';
          document.querySelector('.talk-list').append(tall);
          document.querySelector('.talk-scroll').dispatchEvent(new Event('scroll'));
        }"""
    )

    talk.page.wait_for_function(AT_END)


def test_writing_several_lines_leaves_the_end_in_sight(talk: TalkPage) -> None:
    for _ in range(3):
        talk.ask("@direct guests")

    talk.field.press_sequentially("one line")
    for line in range(4):
        talk.field.press("Shift+Enter")
        talk.field.press_sequentially(f"and line {line}")
        talk.page.wait_for_function(AT_END)

    expect(talk.page.locator(".talk-back")).to_be_hidden()
    talk.field.fill("")
    talk.page.wait_for_function(AT_END)
    expect(talk.page.locator(".talk-back")).to_be_hidden()


def test_a_layout_that_is_short_for_a_moment_is_no_leaving(talk: TalkPage) -> None:
    for _ in range(3):
        talk.ask("@direct guests")

    talk.page.evaluate(
        """async () => {
          const list = document.querySelector('.talk-list');
          const scroll = document.querySelector('.talk-scroll');
          const frame = () => new Promise(requestAnimationFrame);
          list.style.maxHeight = `${list.scrollHeight - 40}px`;
          list.style.overflow = 'hidden';
          scroll.scrollTop;
          list.removeAttribute('style');
          await frame();
          await frame();
        }"""
    )

    talk.page.wait_for_function(AT_END)
    expect(talk.page.locator(".talk-back")).to_be_hidden()


def test_a_narrower_tab_behind_keeps_the_end_of_what_is_said_in_front(
    talk: TalkPage, hud_context: BrowserContext
) -> None:
    talk.ask("@direct guests")
    behind = hud_context.new_page()
    behind.set_viewport_size({"width": 1100, "height": 700})
    behind.goto("/")
    expect(behind.locator(".talk-answer").last).to_contain_text("guests")
    talk.page.bring_to_front()
    for _ in range(3):
        talk.ask("@direct guests")

    behind.bring_to_front()

    expect(behind.locator(".talk-question")).to_have_count(4)
    behind.wait_for_function(AT_END)
    expect(behind.locator(".talk-back")).to_be_hidden()
    behind.close()
