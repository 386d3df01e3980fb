"""A talk with the scripted brain, and a house whose tools tell what real ones told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.llm.brain.think import think
from simulator.llm.talk import Call, Offered, Result, Step, Talk, Turn, join_turns

MOST_ROUNDS = 8


def tool(name: str, *required: str, **optional: str) -> Offered:
    """A tool as it is offered; every argument is text."""
    names = [*required, *optional]
    schema = {
        "type": "object",
        "properties": {one: {"type": optional.get(one, "string")} for one in names},
        "required": [*required],
    }
    return Offered(name=name, schema=schema)


TOOLS = (
    tool("get_cluster_status"),
    tool("list_nodes"),
    tool("list_guests", node="string", state="string"),
    tool("get_node_status", "node"),
    tool("get_guest_status", "guest"),
    tool("get_guest_addresses", "guest"),
    tool("get_temperatures", node="string"),
    tool("list_storage", node="string"),
    tool("get_storage_content", "storage", node="string"),
    tool("list_backups", guest="string", storage="string", most="integer"),
    tool("guests_without_backup"),
    tool("list_tasks", guest="string", node="string", failed="boolean", most="integer"),
    tool("get_recent_events", node="string", most="integer"),
    tool("search_events", "text", most="integer"),
    tool("get_updates", "node"),
    tool("list_containers"),
    tool("start_guest", "guest"),
    tool("reboot_guest", "guest"),
    tool("shutdown_guest", "guest"),
)

NODES = """4 nodes, 4 online; read 5 s ago
node    state   cpu    cores  memory    of        root      of        uptime    version  updates
agent   online  5.7 %  4      5.74 GiB  15.4 GiB  31.6 GiB  94.0 GiB  88 d 1 h  9.2.3    16
agent1  online  13 %   4      7.10 GiB  15.4 GiB  29.9 GiB  94.0 GiB  3 d 9 h   9.2.3    0
home    online  9.5 %  20     24.7 GiB  63.4 GiB  33.4 GiB  94.0 GiB  41 d 6 h  9.2.3    13
pve     online  53 %   16     47.4 GiB  63.4 GiB  17.2 GiB  94.0 GiB  12 d 2 h  9.2.3    14"""
GUESTS = """5 guests, 3 running; read 6 s ago
vmid  name       kind  node   state     cpu    cores  memory    of        disk      uptime
103   mgmt       qemu  pve    running   5.5 %  4      4.17 GiB  8.00 GiB  64.0 GiB  6 d 16 h
104   media      qemu  pve    running   54 %   12     12.4 GiB  16.0 GiB  720 GiB   12 d 2 h
105   nextcloud  qemu  agent  running   5.8 %  2      2.10 GiB  4.00 GiB  200 GiB   36 d 2 h
112   win11      qemu  pve    stopped   0 %    8      0 B       16.0 GiB  256 GiB   —
9000  debian-13  qemu  pve    template  0 %    2      0 B       2.00 GiB  16.0 GiB  —"""
CLUSTER = """The cluster (quorum read 4 s ago); read 5 s ago
name                lab
Proxmox VE          9.2.3
quorum              yes
nodes               4 of 4 online
guests              4: 3 running, 1 stopped
storages            9 storages
  storage/pve/local-zfs  87 % used, warning
running tasks       0
without backup job  112
endpoints           4 of 4 well"""
PVE = """Node pve; read 0 s ago
state                online, seen so since 2026-11-27 02:40:29 UTC
guests               4, 2 running
processor            AMD Ryzen 7 5800X 8-Core Processor, 16 threads
cpu                  53 %, waiting for disks 0.6 %
load 1, 5, 15 min    8.87, 7.41, 7.22
memory               47.4 GiB of 63.4 GiB (75 %)
root file system     17.2 GiB of 94.0 GiB (18 %)
uptime               12 d 2 h
updates waiting      14
failed services      none"""
TEMPERATURES = """Temperatures of 1 node; the hottest processor 71 °C
node  processor  sensor        hottest drive  read
pve   71 °C      k10temp Tctl  53 °C          12 s ago"""
STORAGES = """3 storages as each node sees them; read 9 s ago
storage    node   kind     shared  active  used      of        share  level    holds
local      pve    dir      no      yes     17.2 GiB  94.0 GiB  18 %   —        iso, vztmpl
local-zfs  pve    zfspool  no      yes     1.57 TiB  1.81 TiB  87 %   warning  images, rootdir
nas        pve    nfs      yes     yes     3.10 TiB  7.28 TiB  43 %   —        backup"""
CONTENT = """3 volumes (all kinds) on storage/pve/local-zfs, 1.03 TiB; read 0 s ago
volume                       kind     guest  size
local-zfs:vm-122-disk-0      rootdir  122    80.0 GiB
local-zfs:vm-104-disk-0      images   104    720 GiB
local-zfs:vm-112-disk-0      images   112    256 GiB"""
UNCOVERED = """1 guest without a backup job or without a backup; read 1 min ago
vmid  name   state    job  last backup
112   win11  stopped  no   none seen"""
FAILED_TASKS = """1 task, 0 running, 1 failed, newest first; read 3 s ago
started               kind    of  node   outcome  took   says        upid
2026-11-27 02:00 UTC  vzdump  —   agent  failed   4 min  job errors  UPID:agent:1:"""
EVENTS = """2 events in the journal, newest first, times in UTC; read 0 s ago
event  at                   severity  what happened              to
12     2026-11-27 02:39:01  warning   media (104) was restarted  media
11     2026-11-27 02:04:10  alarm     A backup on agent failed   agent"""
UPDATES = """2 packages can be upgraded on pve, 1 known to mend a hole; read 0 s ago
package   installed  available  origin           security
openssl   3.5.4-1    3.5.4-2    Debian-Security  security
corosync  3.1.10-1   3.1.10-2   Proxmox          —"""
CONTAINERS = """2 containers; read 20 s ago
name     image          state    status
jarvis   jarvis:0.1     running  Up 3 days (healthy)
grafana  grafana:12     exited   Exited (1) 2 hours ago"""

MANY: Mapping[str, tuple[int, str, str]] = {
    "mgmt": (103, "pve", "6 d 16 h"),
    "media": (104, "pve", "12 d 2 h"),
    "nextcloud": (105, "agent", "36 d 2 h"),
    "win11": (112, "pve", "—"),
}
Decision = Callable[[Call], str | None]


@dataclass
class House:
    """The tools of a small house; `decide` may answer a call in the place of a person."""

    decide: Decision = lambda call: None
    stopped: set[str] = field(default_factory=lambda: {"win11"})
    fresh: set[str] = field(default_factory=set)
    """Guests that were started a moment ago."""
    asked: list[Call] = field(default_factory=list)

    def use(self, call: Call) -> str:
        """What the tool tells, framed as the model is given it."""
        self.asked.append(call)
        told = self.decide(call) or self._tell(call)
        outcome, _, text = told.partition("\n")
        return f'{outcome}\n<data source="{call.tool}" number="1">\n{text}\n</data number="1">'

    @property
    def changes(self) -> list[tuple[str, Any]]:
        """The calls that were to change something."""
        return [
            (call.tool, call.arguments.get("guest"))
            for call in self.asked
            if not call.tool.startswith(("get_", "list_", "guests_", "search_"))
        ]

    def _tell(self, call: Call) -> str:
        if "guest" in call.arguments and not call.tool.startswith("list_"):
            return self._guest(call, str(call.arguments["guest"]))
        fixed = {
            "get_cluster_status": CLUSTER,
            "list_nodes": NODES,
            "list_guests": GUESTS,
            "get_node_status": PVE.replace("pve", str(call.arguments.get("node"))),
            "get_temperatures": TEMPERATURES.replace("pve", str(call.arguments.get("node", "pve"))),
            "list_storage": STORAGES,
            "get_storage_content": CONTENT,
            "guests_without_backup": UNCOVERED,
            "list_tasks": FAILED_TASKS,
            "get_recent_events": EVENTS,
            "search_events": EVENTS,
            "get_updates": UPDATES,
            "list_containers": CONTAINERS,
        }
        return f"done\n{fixed[call.tool]}" if call.tool in fixed else "empty\nNo backups were seen"

    def _guest(self, call: Call, name: str) -> str:
        if name not in MANY:
            return f"refused\nThere is no guest {name}"
        vmid, node, up = MANY[name]
        label = f"{name} ({vmid})"
        if call.tool == "get_guest_status":
            state = "stopped" if name in self.stopped else "running"
            up = "8 s" if name in self.fresh else up
            lines = [
                f"Guest {label}; read 0 s ago",
                f"state        {state}",
                f"node         {node}",
            ]
            lines += ["cpu          54 % of 12 cores", "memory       12.4 GiB of 16.0 GiB (78 %)"]
            lines += [f"uptime       {up}"] if state == "running" else []
            lines += ["last backup  26 min ago"]
            lines += ["protected    yes: Jarvis acts on it for nobody"] if name == "mgmt" else []
            return "done\n" + "\n".join(lines)
        if call.tool == "get_guest_addresses":
            told = f"{label} has 192.0.2.{vmid}, as its guest agent tells; read 0 s ago"
            return f"done\n{told}\ninterface  addresses\neth0       192.0.2.{vmid}"
        if call.tool == "shutdown_guest":
            self.stopped.add(name)
            return f"done\n{label} is stopped on {node}"
        self.stopped.discard(name)
        self.fresh.add(name)
        return f"done\n{label} is running on {node}"


@dataclass
class Parlour:
    """One conversation."""

    house: House = field(default_factory=House)
    tools: tuple[Offered, ...] = TOOLS
    turns: list[Turn] = field(default_factory=list)
    rounds: int = 0
    """Of the last question: how often the model was asked."""
    spoken: list[str] = field(default_factory=list)
    """What it said beside its calls to the last question."""
    heard: str = ""
    """Everything tools told so far."""

    def talk(self) -> Talk:
        """What the model is given."""
        return Talk(system="You are Jarvis.", tools=self.tools, turns=join_turns(self.turns))

    def ask(self, words: str) -> str:
        """Say something, let it use its tools, and hear its answer."""
        self.turns.append(Turn(role="user", text=words))
        self.rounds, self.spoken = 0, []
        for _ in range(MOST_ROUNDS):
            step = think(self.talk())
            self.rounds += 1
            if not step.calls:
                self.turns.append(Turn(role="assistant", text=step.text))
                return step.text
            self.spoken.append(step.text)
            self._use(step)
        raise AssertionError(f"no answer to “{words}” after {MOST_ROUNDS} rounds")

    def _use(self, step: Step) -> None:
        calls = [
            Call(id=f"{len(self.turns)}-{number}", tool=call.tool, arguments=call.arguments)
            for number, call in enumerate(step.calls)
        ]
        results = [Result(id=call.id, text=self.house.use(call)) for call in calls]
        self.heard += "\n".join(result.text for result in results)
        self.turns.append(Turn(role="assistant", text=step.text, calls=tuple(calls)))
        self.turns.append(Turn(role="user", results=tuple(results)))

    @property
    def used(self) -> list[str]:
        """The tools that were used for the last question, in order."""
        at = max(n for n, turn in enumerate(self.turns) if turn.role == "user" and turn.text)
        return [call.tool for turn in self.turns[at:] for call in turn.calls]
