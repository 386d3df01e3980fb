"""Who may see the page, and what ends it."""

import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from simulator.process import SimulatorProcess
from simulator.remote import Control
from tests.support.house import QUICK_TIERS, House, eventually, free_port, settings_for, start_house
from tests.support.windows import still_window

PASSWORD = "four unrelated words make one"


def create_owner(page: Page) -> None:
    """Fill in the first-run page and send it."""
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create the owner").click()


def test_a_stranger_is_shown_the_door_and_nothing_else(browser: Browser, demo: House) -> None:
    context = still_window(browser, base_url=demo.url)
    page = context.new_page()

    page.goto("/")

    expect(page).to_have_url(re.compile("/login$"))
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert "agent1" not in page.content()
    context.close()


def test_a_one_time_link_opens_the_page_once(browser: Browser, tmp_path: Path) -> None:
    house = start_house(["demo"], tmp_path, **QUICK_TIERS)
    try:
        link = house.login_link()
        first = still_window(browser)
        page = first.new_page()
        page.goto(link)
        expect(page.get_by_role("region", name="Nodes")).to_be_visible()

        second = still_window(browser)
        other = second.new_page()
        other.goto(link)
        expect(other.get_by_role("region", name="Nodes")).to_be_hidden()
        expect(other.get_by_role("button", name="Sign in")).to_be_visible()
        first.close()
        second.close()
    finally:
        assert house.stop() == 0


def test_the_owner_sets_up_signs_out_everywhere_and_every_open_page_ends(
    browser: Browser, tmp_path: Path, own_simulator: SimulatorProcess
) -> None:
    house = start_house(["serve"], tmp_path, **settings_for(own_simulator), **QUICK_TIERS)
    try:
        context = still_window(browser, base_url=house.url)
        page = context.new_page()
        page.goto("/")
        expect(page).to_have_url(re.compile("/setup$"))
        page.goto(house.setup_link())
        create_owner(page)
        expect(page.get_by_role("region", name="Nodes").get_by_role("listitem")).to_have_count(4)

        elsewhere = still_window(browser, base_url=house.url)
        other = elsewhere.new_page()
        other.goto("/login")
        other.get_by_label("Name").fill("owner")
        other.get_by_label("Password").fill("not the password")
        other.get_by_role("button", name="Sign in").click()
        expect(other.get_by_text(re.compile("Wrong name or password"))).to_be_visible()
        expect(other.get_by_label("Name")).to_have_value("owner")
        eventually(
            "the next try to be allowed",
            lambda: _try_to_sign_in(other),
            within_s=30,
        )

        page.get_by_role("button", name="Menu of owner").click()
        page.get_by_role("button", name="Sign out everywhere").click()

        expect(page).to_have_url(re.compile("/login$"))
        expect(other).to_have_url(re.compile("/login$"), timeout=30_000)
        context.close()
        elsewhere.close()
    finally:
        assert house.stop() == 0


def _try_to_sign_in(page: Page) -> bool:
    page.goto("/login")
    page.get_by_label("Name").fill("owner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()
    return page.get_by_role("region", name="Nodes").count() == 1


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_house_told_to_end_tells_its_pages_and_ends_cleanly(
    browser: Browser, tmp_path: Path, signal_: signal.Signals
) -> None:
    house = start_house(["demo"], tmp_path, **QUICK_TIERS)
    context = still_window(browser)
    page = context.new_page()
    page.goto(house.login_link())
    expect(page.get_by_role("region", name="Nodes").get_by_role("listitem")).to_have_count(4)

    exit_code = house.stop(signal_, within_s=30)

    assert exit_code == 0
    expect(page.get_by_text(re.compile("restarting", re.I)).first).to_be_visible()
    data = tmp_path / "data" / "demo"
    wal = data / "jarvis.db-wal"
    assert not wal.exists() or wal.stat().st_size == 0
    assert "Traceback" not in house.log
    context.close()


def test_after_kill_9_every_event_the_page_had_shown_is_still_there(
    browser: Browser, tmp_path: Path, own_simulator: SimulatorProcess
) -> None:
    environment = settings_for(own_simulator) | QUICK_TIERS
    port = free_port()
    house = start_house(["serve"], tmp_path, port=port, **environment)
    context = still_window(browser, base_url=house.url)
    page = context.new_page()
    page.goto(house.setup_link())
    create_owner(page)
    feed = page.get_by_role("region", name="Activity")
    for vmid in (104, 105, 107):
        own_simulator.fault("crash-guest", str(vmid))
        told = feed.get_by_text(re.compile(rf"\({vmid}\) stopped .* no task had asked"))
        expect(told.first).to_be_visible(timeout=30_000)
    shown = feed.get_by_role("listitem").all_inner_texts()

    house.stop(signal.SIGKILL)
    again = start_house(["serve"], tmp_path, port=port, **environment)
    try:
        expect(page.get_by_role("region", name="Nodes")).to_contain_text(
            re.compile(r"seen \d+\ss ago"), timeout=60_000
        )
        expect(feed.get_by_role("listitem").first).to_be_visible()
        kept = set(feed.get_by_role("listitem").all_inner_texts())
        assert [line for line in shown if line not in kept] == []
    finally:
        assert again.stop() == 0
        context.close()


def test_losing_the_server_shows_a_quiet_banner_and_coming_back_needs_no_reload(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    house = start_house(["demo"], tmp_path, port=port, **QUICK_TIERS)
    context = still_window(browser)
    page = context.new_page()
    page.goto(house.login_link())
    expect(page.get_by_role("region", name="Nodes").get_by_role("listitem")).to_have_count(4)
    page.evaluate("window.scrollTo(0, 1)")

    house.stop(signal.SIGKILL)
    expect(page.get_by_text(re.compile("connection", re.I)).first).to_be_visible(timeout=30_000)

    again = start_house(["demo"], tmp_path, port=port, **QUICK_TIERS)
    try:
        expect(page.get_by_role("region", name="Nodes")).to_contain_text(
            re.compile(r"seen \d+\ss ago"), timeout=60_000
        )
    finally:
        assert again.stop() == 0
        context.close()


def _has_noted_a_stop(folder: Path) -> bool:
    with closing(sqlite3.connect(folder / "data" / "demo" / "jarvis.db")) as connection:
        like = "SELECT 1 FROM events WHERE text LIKE '%(104) stopped%'"
        return connection.execute(like).fetchone() is not None


def test_a_page_that_was_cut_off_catches_up_without_a_reload(
    browser: Browser, tmp_path: Path
) -> None:
    house = start_house(["demo"], tmp_path, **QUICK_TIERS)
    control = Control.find(tmp_path / "data" / "demo" / "simulator")
    context = still_window(browser)
    page = context.new_page()
    held: list[WebSocketRoute] = []
    is_cut = False

    def carry(socket: WebSocketRoute) -> None:
        if is_cut:
            socket.close(code=1011)
            return
        socket.connect_to_server()
        held.append(socket)

    page.route_web_socket(re.compile("socket.io"), carry)
    try:
        page.goto(house.login_link())
        expect(page.get_by_role("region", name="Nodes").get_by_role("listitem")).to_have_count(4)
        page.evaluate("window.mark = 'the same page'")

        is_cut = True
        page.route(re.compile("socket.io.*transport=polling"), lambda route: route.abort())
        for socket in held:
            socket.close(code=1011)
        lost = page.get_by_text(re.compile("connection", re.I)).first
        expect(lost).to_be_visible(timeout=30_000)
        told = page.get_by_role("region", name="Activity").get_by_text(
            re.compile(r"\(104\) stopped .* no task had asked")
        )
        control.fault("crash-guest", "104")
        eventually("the house to note the stop", lambda: _has_noted_a_stop(tmp_path), within_s=30)
        expect(told).to_have_count(0)

        is_cut = False
        page.unroute_all()
        expect(told.first).to_be_visible(timeout=30_000)
        expect(lost).to_be_hidden()
        assert page.evaluate("window.mark") == "the same page"
    finally:
        context.close()
        assert house.stop() == 0


def test_a_newer_database_is_refused_with_a_clear_message(
    tmp_path: Path, own_simulator: SimulatorProcess
) -> None:
    house = start_house(["serve"], tmp_path, **settings_for(own_simulator))
    assert house.stop() == 0
    with sqlite3.connect(tmp_path / "data" / "jarvis.db") as connection:
        connection.execute("INSERT INTO migrations (number, name, applied_at) VALUES (999,'x','x')")
    connection.close()

    with pytest.raises(AssertionError, match="999"):
        start_house(["serve"], tmp_path, **settings_for(own_simulator))


def test_the_health_check_tells_a_stranger_nothing_but_that_it_serves(demo: House) -> None:
    answer = httpx.get(f"{demo.url}/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
