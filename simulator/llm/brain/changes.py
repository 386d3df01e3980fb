"""Plans that change something: look first, ask for the tool, look again, and only then say so."""

from dataclasses import dataclass
from typing import Final

from .hearing import Heard
from .names import Thing
from .reading import Reading, cell
from .reads import NO_TOOLS, guest_sentence
from .scene import Scene, want
from .wording import because_of, headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """One way to turn a guest on or off."""

    tool: str
    verb: str
    """`restart`: as an offer and a request have it."""
    pointless: str
    """The state in which there is nothing to do."""
    rather: str = ""
    """The verb to offer in that state, where one makes sense."""
    warning: str = ""


POWER: Final = {
    "restart": Power(
        tool="reboot_guest",
        verb="restart",
        pointless="stopped",
        rather="start",
        warning="A restart interrupts whoever uses it",
    ),
    "start": Power(tool="start_guest", verb="start", pointless="running"),
    "resume": Power(tool="resume_guest", verb="resume", pointless="running"),
    "stop": Power(
        tool="shutdown_guest",
        verb="shut down",
        pointless="stopped",
        warning="I ask for an orderly shutdown",
    ),
    "kill": Power(
        tool="stop_guest",
        verb="stop",
        pointless="stopped",
        warning="Its power is cut, and what it has not written is lost",
    ),
}
_NODE_TOOLS: Final = {"restart": "reboot_node", "stop": "shutdown_node", "wake": "wake_node"}


def change_power(scene: Scene, heard: Heard) -> str:
    """Turn a guest or a node on or off."""
    thing = heard.thing
    if thing is None:
        return f"Whom shall I {POWER[heard.intent].verb}?"
    if thing.kind == "node":
        return change_node(scene, heard)
    power = POWER[heard.intent]
    look = want("get_guest_status", guest=thing.name)
    (before,) = scene.need(look, words=f"I will look at {thing.name} first.")
    if before is None or not scene.offers(power.tool):
        return f"I have no tool at hand that could {power.verb} {thing.name}."
    if not before.went_well:
        if thing.kind == "name" and _is_node(scene, thing.name):
            node = Thing("node", thing.name)
            return change_node(scene, Heard(heard.intent, heard.ask, thing.name, things=(node,)))
        return f"Nothing was sent. {because_of(before)}"
    state = before.fact("^state$") or "unknown"
    now = guest_sentence(before, thing)
    protected = before.fact("^protected$")
    if protected is not None and protected.startswith("yes"):
        return f"I may not {power.verb} {thing.label}: it is protected. {now}"
    if state.startswith(power.pointless):
        offer = f" Shall I {power.rather} {thing.name}?" if power.rather else ""
        return f"{now} So there is nothing to {power.verb}, and nothing was sent.{offer}"
    warning = f" {power.warning}." if power.warning else ""
    (done,) = scene.need(
        want(power.tool, guest=thing.name),
        words=f"{now}{warning} I ask to {_with_it(power.verb)}.",
        aloud=True,
    )
    assert done is not None
    return _tell_end(scene, thing, power.verb, done)


def _with_it(verb: str) -> str:
    """`restart it`, `shut it down`."""
    first, _, rest = verb.partition(" ")
    return f"{first} it {rest}".strip()


def _is_node(scene: Scene, name: str) -> bool:
    (nodes,) = scene.need(want("list_nodes"))
    rows = nodes.rows if nodes is not None else ()
    return name.lower() in [(cell(row, "^node$") or "").lower() for row in rows]


def _tell_end(scene: Scene, thing: Thing, verb: str, done: Reading) -> str:
    """What became of it, by a look that came after it."""
    if done.outcome == "waiting":
        return f"It waits for your word: {because_of(done)}"
    if done.outcome == "refused":
        return f"Nothing was sent. {because_of(done)}"
    after = scene.again(want("get_guest_status", guest=thing.name))
    now = guest_sentence(after, thing) if after is not None and after.went_well else ""
    unread = "" if now else "It could not be read back, so I do not say that it is done."
    if done.outcome == "done":
        if verb == "restart":
            now = now.replace(" is running", " is back: running", 1)
        return now if now else f"{headline(done)} {unread}"
    if done.outcome == "":
        return f"{headline(done)} {now or unread}"
    return f"To {verb} it did not come about. {because_of(done)} {now or unread}"


def change_node(scene: Scene, heard: Heard) -> str:
    """Restart, shut down or wake a node."""
    thing = heard.thing
    tool = _NODE_TOOLS.get("wake" if heard.intent == "start" else heard.intent)
    if thing is None or tool is None:
        return "I know no such thing to do to a node."
    if not scene.offers(tool):
        return f"I have no tool at hand that could do that to {thing.name}."
    (before,) = scene.need(
        want("get_node_status", node=thing.name), words=f"I will look at {thing.name} first."
    )
    state = before.fact("^state$") if before is not None else None
    if tool == "wake_node" and (state or "").startswith("online"):
        return f"{thing.name} is {state}. Nothing was sent."
    (done,) = scene.need(want(tool, node=thing.name), words=f"{thing.name}: {state or 'unknown'}.")
    assert done is not None
    if done.outcome in ("refused", "waiting"):
        return f"Nothing was sent. {because_of(done)}"
    after = scene.again(want("get_node_status", node=thing.name))
    told = after.fact("^state$") if after is not None else None
    now = f"{thing.name} is {told}." if told else f"{thing.name} could not be read back."
    return f"{headline(done)} {now}"


def change_other(scene: Scene, heard: Heard) -> str:
    """Backups, snapshots, moves, containers, services."""
    thing = heard.thing
    if thing is None:
        return "Of what? Name a guest."
    node = next((one.name for one in heard.things if one.kind == "node"), None)
    if heard.intent == "restart-service" and node is None:
        return f"On which node? There may be a {thing.name} on each."
    tools = {
        "backup": want("start_backup", guest=thing.name),
        "snapshot": want("create_snapshot", guest=thing.name),
        "migrate": want("migrate_guest", guest=thing.name, target=heard.to, node=heard.to),
        "restart-container": want("restart_container", container=thing.name, name=thing.name),
        "restart-service": want("restart_service", node=node, service=thing.name),
        "upgrade": want("upgrade_packages", node=thing.name),
    }
    wanted = tools[heard.intent]
    if not scene.offers(wanted.tool):
        return f"I have no tool at hand for that, so {thing.name} stays as it is."
    looks = {
        "restart-container": want("list_containers"),
        "upgrade": want("get_updates", node=thing.name),
        "restart-service": want("get_service_status", node=node, service=thing.name),
        "snapshot": want("list_snapshots", guest=thing.name),
    }
    status = want("get_guest_status", guest=thing.name)
    look = looks.get(heard.intent, status)
    # Jarvis demands a look at the guest before a snapshot of it, and makes it himself else.
    also = [status] if heard.intent == "snapshot" else []
    before, *_ = scene.need(look, *also, words=f"I will look at {thing.name} first.")
    if before is not None and not before.went_well:
        return f"Nothing was sent. {because_of(before)}"
    if heard.intent == "snapshot":
        count = len(before.rows) if before is not None else 0
        wanted = want("create_snapshot", guest=thing.name, snapshot=f"jarvis-{count + 1}")
    (done,) = scene.need(wanted, words=f"I ask for it: {wanted.tool.replace('_', ' ')}.")
    assert done is not None
    if done.outcome in ("refused", "waiting"):
        return f"Nothing was sent. {because_of(done)}"
    checks = {
        "backup": want("list_backups", guest=thing.name, most=3),
        "snapshot": want("list_snapshots", guest=thing.name),
    }
    after = scene.again(checks.get(heard.intent, look))
    told = ""
    if after is not None and after.went_well:
        told = f" {guest_sentence(after, thing) if look == status else headline(after)}"
    if done.outcome in ("done", ""):
        return f"{headline(done)}{told}"
    return f"That did not come about. {because_of(done)}{told}"


def refuse_destruction(scene: Scene, heard: Heard) -> str:
    """What no tool of a model does."""
    what = heard.thing.name if heard.thing is not None else "that"
    return (
        f"I have no tool that destroys anything, and so {what} stays as it is. A person can do it "
        "under an override, with the passkey, at the page."
    )


def no_tools_for(scene: Scene) -> str | None:
    """What to say where nothing at all is offered."""
    return None if scene.talk.tools else NO_TOOLS
