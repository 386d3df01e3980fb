"""The conversation in every state: silent, thinking, with tools, with a question, failed, full."""

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from simulator.remote import Control
from tests.shots.album import Album
from tests.shots.papers import say
from tests.shots.stage import WELL, control_of, house_of, windows_of
from tests.shots.windows import Windows

LONG = """Three things stand out on **pve**, sir.

| Storage | Used | Of | Share |
|:--|--:|--:|--:|
| local-zfs | 1.57 TiB | 1.81 TiB | 87 % |
| local | 17.2 GiB | 94.0 GiB | 18 % |
| nas | 3.10 TiB | 7.28 TiB | 43 % |

1. `local-zfs` grows by 9 GiB a day; at that pace it is full in four weeks.
2. Two thirds of the growth are snapshots of media (104):
   - eleven of them, 412 GiB
   - none older than nine days
3. The oldest could go:

```sh
zfs list -t snapshot -o name,used -s used rpool/data/vm-104-disk-0 | tail -3
zfs destroy rpool/data/vm-104-disk-0@auto1
```

> A snapshot frees only what no other snapshot holds.

More on [the wiki](https://pve.proxmox.com/wiki/ZFS_on_Linux). Shall I look at guest 105 next?"""


def take_talk(album: Album, browser: Browser, folder: Path) -> list[str]:
    """From the first question to a full conversation, and what can go wrong on the way."""
    with house_of(folder, "demo") as house, windows_of(album, browser, house) as windows:
        control = control_of(house)
        windows.enter(house)
        windows.until(WELL)
        windows.phone.get_by_role("button", name="Talk", exact=True).click()
        windows.take("talk empty")
        _take_first_turns(windows, control)
        _take_question(windows)
        _take_commands(windows)
        _take_full(windows, control)
        _take_faults(windows, control)
        return windows.faults


def _together(windows: Windows) -> None:
    """Let the other windows open what the widest one has open."""
    kept = windows.wide.wait_for_function("() => localStorage.getItem('jarvis.talk.open')")
    id = kept.json_value()
    for size in ("1366", "390"):
        windows.pages[size].evaluate("(id) => { location.hash = `#talk/${id}` }", id)
    windows.until("() => document.querySelectorAll('.talk-question').length")


def _field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message to Jarvis")


def _take_first_turns(windows: Windows, control: Control) -> None:
    control.fault("llm-silent")
    say(windows, "how is the cluster?", wait=False)
    _together(windows)
    windows.until("() => jarvis.panel('talk').meta.doing === 'thinking'")
    windows.take("talk thinking")
    control.clear()
    windows.until("() => !jarvis.panel('talk').meta.doing")
    say(windows, "what fills local-zfs on pve?")
    windows.until("() => document.querySelectorAll('.talk-foot b').length >= 2")
    windows.take("talk with tools")
    windows.each(lambda page: page.locator(".talk-tool summary").last.click())
    windows.take("talk with a tool open")
    windows.each(lambda page: page.locator(".talk-tool summary").last.click())
    windows.each(_go_to_the_end)
    control.fault("llm-stall", "local")
    say(windows, "@local what is a zfs scrub, and how often should it run?", wait=False)
    windows.until("() => jarvis.panel('talk').meta.doing === 'answering'")
    windows.until("() => document.querySelector('.talk-answer[data-state=coming] .prose-tail p')")
    windows.take("talk streaming")
    windows.each(lambda page: _field(page).fill("and how long does it take?"))
    windows.take("talk streaming with a draft", "390")
    windows.each(lambda page: _field(page).fill(""))
    control.clear()
    windows.until("() => !jarvis.panel('talk').meta.doing")


def _go_to_the_end(page: Page) -> None:
    back = page.locator(".talk-back")
    if back.is_visible():
        back.click()


def _take_question(windows: Windows) -> None:
    say(windows, "restart media", wait=False)
    windows.until("() => document.querySelector('.panel-talk .approval')")
    windows.take("talk with a red card")
    windows.wide.locator(".panel-talk .approval").get_by_role("button", name="Proceed").click()
    windows.until("() => !jarvis.panel('talk').meta.doing")
    windows.until_text(".panel-talk", "is back")
    windows.take("talk after it was done")


def _take_commands(windows: Windows) -> None:
    fields = [_field(page) for page in windows.pages.values()]
    for field in fields:
        field.fill("/")
    windows.take("talk commands")
    for field in fields:
        field.fill("")
    windows.each(lambda page: page.get_by_role("button", name="Conversations").click())
    windows.until("() => document.querySelectorAll('.talk-session').length")
    windows.take("talk sessions")
    windows.each(lambda page: page.keyboard.press("Escape"))
    say(windows, "/help", wait=False)
    windows.take("talk help", "1920")
    windows.wide.locator(".talk-question").first.hover()
    windows.wide.get_by_role("button", name="Edit and send again").first.click()
    windows.take("talk edit", "1920")
    windows.wide.get_by_role("button", name="Back", exact=True).first.click()
    windows.each(lambda page: page.get_by_role("button", name="Answer anew").first.click())
    windows.take("talk again under an older answer")
    windows.each(lambda page: page.get_by_role("button", name="Leave it as it is").click())
    windows.each(_go_to_the_end)


def _take_faults(windows: Windows, control: Control) -> None:
    control.fault("llm-529-midstream")
    say(windows, "and nextcloud?")
    windows.take("talk with a provider that fell")
    control.clear()
    control.fault("claude-off")
    control.fault("local-off")
    say(windows, "what is down?")
    windows.take("talk without a model")
    control.clear()


def _take_full(windows: Windows, control: Control) -> None:
    control.llm_speed("instant")
    control.llm_script("claude", {"text": LONG})
    say(windows, "@claude what stands out on pve?")
    windows.until_text(".panel-talk", "the wiki")
    windows.take("talk full")
    control.llm_speed("realistic")
