"""The conversation when what was asked for arrives after the person went elsewhere in it."""

from playwright.sync_api import expect

from tests.support.hud import TWO_FRAMES
from tests.support.silent_server import AT, SilentServer, answer, question
from tests.support.talk_page import TalkPage


def row(id: str, title: str) -> dict[str, object]:
    return {"id": id, "title": title, "pinned": False, "last": AT, "count": 2, "cost": None}


def test_a_name_that_is_being_typed_outlives_the_answer_about_another_line(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.panel.get_by_role("button", name="Conversations", exact=True).click()
    both = [row("c1", "Disks"), row("c2", "Fans")]
    server.tell("listed", rows=both, more=False, **server.sent("talk-list")[-1])
    talk.page.get_by_role("button", name="pin: Disks").click()
    talk.page.get_by_role("button", name="rename: Fans").click()
    talk.page.get_by_role("textbox", name="Title").fill("Half a name")

    server.reply("talk-pin", ok=False, because="the disk is full")
    server.tell("listed", rows=both, more=False, **server.sent("talk-list")[-1])

    expect(talk.page.get_by_role("textbox", name="Title")).to_have_value("Half a name")
    talk.page.get_by_role("button", name="Rename", exact=True).click()
    server.reply("talk-rename", ok=True)
    server.tell("listed", rows=both, more=False, **server.sent("talk-list")[-1])
    expect(talk.page.get_by_role("textbox", name="Title")).to_have_count(0)


def test_what_is_found_for_an_earlier_search_is_not_shown_for_a_later_one(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.panel.get_by_role("button", name="Conversations", exact=True).click()
    first = server.sent("talk-list")[-1]
    search = talk.page.get_by_role("searchbox", name="Find conversations")
    search.fill("fans")
    talk.page.wait_for_function("sent.at(-1).args.text === 'fans'")
    last = server.sent("talk-list")[-1]
    server.tell("listed", rows=[row("c2", "Fans")], more=False, **last)

    server.tell("listed", rows=[row("c1", "Disks"), row("c2", "Fans")], more=True, **first)

    expect(talk.page.locator(".talk-session b")).to_have_text(["Fans"])


def test_delete_pressed_twice_is_asked_once(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.panel.get_by_role("button", name="Conversations", exact=True).click()
    server.tell("listed", rows=[row("c1", "Disks")], more=False, **server.sent("talk-list")[-1])
    talk.page.get_by_role("button", name="delete: Disks").click()

    talk.page.get_by_role("button", name="Delete it").dblclick()

    assert len(server.sent("talk-delete")) == 1


def test_why_something_was_refused_is_told_where_it_was_asked_for(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    server.open(question("q1", "media?"), answer("a1", "It runs."))
    talk.act("Answer anew")
    talk.panel.get_by_role("button", name="New conversation").click()

    server.reply("talk-regenerate", ok=False, because="An answer is being given")

    expect(talk.says).to_have_text("In the conversation before: An answer is being given.")


def test_an_answer_anew_does_not_take_the_reader_of_another_conversation_to_its_end(
    talk: TalkPage,
) -> None:
    server = SilentServer.of(talk.page)
    server.open(question("q1", "media?"), answer("a1", "It runs."))
    talk.act("Answer anew")
    talk.page.evaluate("location.hash = '#talk/c2'")
    long = [question(f"n{n}", "one line\\n" * 20) for n in range(20)]
    server.tell("opened", id="c2", title="Long", count=20, messages=long, more=False, live=None)
    expect(talk.questions).to_have_count(20)
    scroll = talk.page.locator(".talk-scroll")
    scroll.evaluate("one => { one.scrollTop = 300; }")
    talk.page.evaluate(TWO_FRAMES)

    server.reply("talk-regenerate", ok=True, id="c1")

    talk.page.evaluate(TWO_FRAMES)
    assert scroll.evaluate("one => one.scrollTop") == 300


def test_what_is_said_before_the_page_has_found_what_runs_is_what_it_shows(
    talk: TalkPage,
) -> None:
    server = SilentServer.of(talk.page)
    talk.page.evaluate("jarvis.setConnection('lost'); jarvis.setConnection('up')")
    assert server.sent("talk-open") == [{"id": None}], "it looks for what runs"
    talk.field.fill("media?")
    talk.field.press("Enter")

    server.open(question("q9", "of another page"), live=None)
    server.tell("events", id="c5", events=[{"k": "began", "message": question("q1", "media?")}])
    server.reply("talk-say", ok=True, id="c5", title="Media")

    expect(talk.questions).to_contain_text(["media?"])
    assert talk.page.evaluate("localStorage.getItem('jarvis.talk.open')") == "c5"


def test_a_question_whose_beginning_was_not_heard_is_asked_for(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.field.fill("media?")
    talk.field.press("Enter")

    server.reply("talk-say", ok=True, id="c5", title="Media")

    assert server.sent("talk-open") == [{"id": "c5"}]


def test_what_was_said_without_an_answer_is_open_after_a_reload(talk: TalkPage) -> None:
    server = SilentServer.of(talk.page)
    talk.field.fill("media?")
    talk.field.press("Enter")
    server.tell("events", id="c5", events=[{"k": "began", "message": question("q1", "media?")}])

    server.reply("talk-say", ok=False, because="No answer has come yet")

    expect(talk.questions).to_contain_text(["media?"])
    assert talk.page.evaluate("localStorage.getItem('jarvis.talk.open')") == "c5"
