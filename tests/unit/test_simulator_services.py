"""What runs on the simulated machines: units, journal, packages, containers and processes."""

import asyncio
import json
import re

from tests.support.shells import Shells, api


async def test_services_are_those_of_the_api(own: Shells) -> None:
    assert await own.say("systemctl is-active cron") == "active\n"
    await own.say("systemctl stop cron")

    ran = await own.run("systemctl is-active cron")
    assert (ran.status, ran.out) == (3, "inactive\n")
    state = await api(own, "/nodes/pve/services/cron/state")
    assert (state["state"], state["active-state"]) == ("dead", "inactive")
    await own.say("systemctl start cron")
    assert (await api(own, "/nodes/pve/services/cron/state"))["state"] == "running"
    assert "Started cron.service" in await own.say("journalctl -u cron -n 1")


async def test_a_failed_service_is_listed_until_it_is_started_again(own: Shells) -> None:
    asked = "systemctl list-units --failed --all --plain --full --no-legend --no-pager"

    listed = await own.say(asked, on="agent")
    as_json = json.loads(await own.say("systemctl list-units --failed --output=json", on="agent"))
    status = await own.run("systemctl status logrotate", on="agent")

    assert listed.split()[:4] == ["logrotate.service", "loaded", "failed", "failed"]
    assert [row["unit"] for row in as_json] == ["logrotate.service"]
    assert status.status == 3
    assert "Failed with result 'exit-code'" in status.out
    await own.say("systemctl restart logrotate", on="agent")
    assert await own.say(asked, on="agent") == ""


async def test_the_journal_holds_what_the_api_tells(shells: Shells) -> None:
    lines = (await shells.say("journalctl -n 5 -o short-iso")).splitlines()
    entries = [
        json.loads(one) for one in (await shells.say("journalctl -n 5 -o json")).splitlines()
    ]

    assert len(lines) == len(entries) == 5
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00 pve ", line) for line in lines)
    for line, entry in zip(lines, entries, strict=True):
        assert line.endswith(entry["MESSAGE"])
        assert entry["_HOSTNAME"] == "pve"


async def test_packages_wait_until_they_are_upgraded(own: Shells) -> None:
    waiting = await api(own, "/nodes/home/apt/update", through="home")
    listed = (await own.say("apt list --upgradable", on="home")).splitlines()[1:]
    dry = await own.say("apt-get -s dist-upgrade", on="home")

    assert {line.partition("/")[0] for line in listed} == {row["Package"] for row in waiting}
    assert dry.count("Inst ") == len(waiting) > 0
    refused = await own.run("apt-get dist-upgrade", on="home", given="n\n")
    assert refused.out.endswith("Abort.\n")
    await own.say("apt-get -y dist-upgrade", on="home")
    assert await api(own, "/nodes/home/apt/update", through="home") == []
    versions = await api(own, "/nodes/home/apt/versions", through="home")
    assert versions[0]["Version"] == waiting[0]["Version"]


async def test_containers_live_in_the_management_guest(own: Shells) -> None:
    rows = [
        json.loads(line)
        for line in (
            await own.say("docker ps --all --no-trunc --format json", on="mgmt")
        ).splitlines()
    ]
    by_name = {row["Names"]: row for row in rows}

    assert {"jarvis", "portainer", "uptime-kuma", "homepage", "watchtower"} <= set(by_name)
    assert re.fullmatch("[0-9a-f]{64}", by_name["jarvis"]["ID"])
    assert by_name["jarvis"]["State"] == "running"
    assert by_name["speedtest-tracker"]["Status"].startswith("Exited (1)")
    through = json.loads(await own.say("qm guest exec 103 -- docker ps -q --no-trunc"))
    assert (through["exitcode"], by_name["jarvis"]["ID"] in through["out-data"]) == (0, True)
    await own.say("docker stop homepage; docker start speedtest-tracker", on="mgmt")
    names = (await own.say("docker ps --format '{{.Names}}'", on="mgmt")).split()
    assert "homepage" not in names
    assert "speedtest-tracker" in names
    assert "received SIGTERM" in await own.say("docker logs homepage --tail 1", on="mgmt")
    state = await own.say(
        "docker inspect -f '{{.State.Status}} {{.State.Running}}' homepage", on="mgmt"
    )
    assert state == "exited false\n"


async def test_containers_come_back_with_their_guest(own: Shells) -> None:
    await own.say("docker stop homepage", on="mgmt")
    await own.say("qm stop 103 && qm start 103")

    rows = dict(
        line.split(" ", 1)
        for line in (
            await own.say("docker ps -a --format '{{.Names}} {{.Status}}'", on="mgmt")
        ).splitlines()
    )

    assert rows["jarvis"].startswith("Up ")
    assert "seconds" in rows["jarvis"] or "second" in rows["jarvis"] or "minute" in rows["jarvis"]
    assert rows["homepage"].startswith("Exited (0)")
    stopped = await own.run("systemctl stop docker; docker ps", on="mgmt")
    assert "Cannot connect to the Docker daemon" in stopped.err


async def test_a_container_is_made_with_the_labels_it_is_given(own: Shells) -> None:
    line = "docker run -d --name web -l 'note=<b>a, b</b>' --label owner=me traefik:v3.6"
    made = (await own.say(line, on="mgmt")).strip()

    rows = await own.say("docker ps --no-trunc --format json", on="mgmt")
    row = next(row for row in map(json.loads, rows.splitlines()) if row["Names"] == "web")
    assert (row["ID"], row["Labels"]) == (made, "note=<b>a, b</b>,owner=me")
    told = json.loads(await own.say("docker inspect web", on="mgmt"))
    assert told[0]["Config"]["Labels"] == {"note": "<b>a, b</b>", "owner": "me"}
    again = await own.run("docker run -d --name web traefik:v3.6", on="mgmt")
    assert (again.status, 'name "/web" is already in use' in again.err) == (125, True)
    strange = await own.run("docker run -d nginx:latest", on="mgmt")
    assert (strange.status, "no such image: nginx:latest" in strange.err) == (125, True)
    attached = await own.run("docker run traefik:v3.6", on="mgmt")
    assert "is not part of this simulated daemon" in attached.err

    assert await own.say("docker rm -f web", on="mgmt") == "web\n"
    assert "web" not in (await own.say("docker ps -a --format '{{.Names}}'", on="mgmt")).split()


async def test_a_container_that_only_speaks_ends_and_its_words_stay(own: Shells) -> None:
    await own.say("docker run -d --name said traefik:v3.6 echo hello '<i>you</i>'", on="mgmt")

    assert await own.say("docker logs said", on="mgmt") == "hello <i>you</i>\n"
    status = await own.say("docker ps -a -f name=said --format '{{.Status}}'", on="mgmt")
    assert status.startswith("Exited (0)")


async def test_whoever_is_on_a_machine_may_write_to_its_journal(own: Shells) -> None:
    await own.say("logger -t nginx -p daemon.err 'GET /?<script> 404'")
    await own.say("logger -t app", given="one\ntwo\n", on="nextcloud")

    line = await own.say("journalctl -t nginx -p err --no-pager -q")
    assert re.search(r" pve nginx\[\d+\]: GET /\?<script> 404\n$", line)
    rows = await api(own, "/nodes/pve/journal")
    assert any(row.endswith("GET /?<script> 404") for row in rows)
    assert await own.say("journalctl -t app -o cat -q", on="nextcloud") == "one\ntwo\n"
    await own.say("logger -t long $'first\nsecond'")
    first, second = (await own.say("journalctl -t long -q")).splitlines()
    assert second == " " * first.index("first") + "second"
    assert "unknown priority name: loud" in (await own.run("logger -p loud x")).err


async def test_a_backup_tells_the_names_of_its_guests(own: Shells) -> None:
    await own.say("qm set 112 --name '<b>mine</b>'")

    assert "INFO: VM Name: <b>mine</b>\n" in await own.say("vzdump 112")
    assert "INFO: CT Name: adguard\n" in await own.say("vzdump 101")


async def test_a_command_runs_inside_a_container(shells: Shells) -> None:
    assert await shells.say("pct exec 106 -- hostname", on="agent") == "paperless\n"
    assert await shells.say("pct exec 106 -- bash -c 'echo $HOSTNAME'", on="agent") == "paperless\n"
    told = (await shells.say("pct exec 106 -- free -b", on="agent")).splitlines()[1].split()
    assert int(told[1]) == shells.world.guests[106].mem_bytes
    missing = await shells.run("pct exec 106 -- nosuch", on="agent")
    assert missing.status == 127


async def test_processes_are_listed_and_can_be_ended(own: Shells) -> None:
    listed = await own.say("ps aux")
    assert "/usr/bin/kvm -id 104 -name media" in listed
    assert "pveproxy" in listed
    sleeping = asyncio.create_task(own.run("sleep 60; echo $?"))
    await asyncio.sleep(0.05)

    pid = await own.say("pgrep -f 'sleep 60' | head -1")
    assert await own.say(f"kill -0 {pid}") == ""
    await own.say("pkill -TERM -x sleep")

    ended = await asyncio.wait_for(sleeping, 30)
    assert ended.out == "143\n"
    assert (await own.run(f"kill {pid}")).err.endswith("No such process\n")


async def test_top_in_a_batch_tells_what_the_node_tells(shells: Shells) -> None:
    lines = (await shells.say("top -bn1")).splitlines()

    assert lines[0].startswith("top - ")
    assert re.search(r"MiB Mem : +64921\.6 total", lines[3])
    busiest = lines[7].split()
    assert busiest[-1] == "kvm"
    assert float(busiest[8]) > float(lines[8].split()[8])
