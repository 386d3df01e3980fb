from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.cluster.diff import diff
from services.cluster.model import GuestState, NodeState
from tests.support.cluster_story import Story, guest_row, kinds, node_row, storage_row

NODES = ("home", "pve")
VMIDS = (101, 102, 103)

NODE_STATUS = st.sampled_from(["online", "online", "offline", "unknown"])
GUEST_STATUS = st.sampled_from(["running", "running", "stopped", "paused", "unknown", "prelaunch"])
STEP = st.fixed_dictionaries(
    {
        "after_s": st.sampled_from([2, 7, 12, 32, 130, 400]),
        "nodes": st.tuples(*[NODE_STATUS] * len(NODES)),
        "guests": st.tuples(*[st.tuples(GUEST_STATUS, st.sampled_from(NODES))] * len(VMIDS)),
        "percent": st.sampled_from([None, 40.0, 80.0, 86.0, 91.0, 97.0]),
        "probe_only": st.booleans(),
    }
)
STEPS = st.lists(STEP, min_size=1, max_size=25)
THOROUGH = settings(max_examples=80)


def played(steps):
    """A story and, step by step, what it told."""
    story = Story()
    story.nodes.clear()
    story.guests.clear()
    story.put(*(node_row(name) for name in NODES), *(guest_row(vmid) for vmid in VMIDS))
    story.put(storage_row("local-zfs"), *(storage_row("nas", n, shared=1) for n in NODES))
    story.read()
    assert story.told == []
    uptime = 100_000
    for step in steps:
        uptime += step["after_s"]
        for name, status in zip(NODES, step["nodes"], strict=True):
            story.put(node_row(name, status, uptime=uptime))
        for vmid, (status, node) in zip(VMIDS, step["guests"], strict=True):
            story.put(guest_row(vmid, node, status, uptime=uptime))
        story.put(storage_row("local-zfs", percent=step["percent"]))
        before = story.snapshot
        told = (story.probe if step["probe_only"] else story.read)(step["after_s"])
        yield story, before, told


@given(steps=STEPS)
@THOROUGH
def test_a_node_falls_and_returns_in_turns(steps):
    down = dict.fromkeys(NODES, False)
    for story, _, told in played(steps):
        for happening in told:
            match type(happening).__name__:
                case "NodeWentDown":
                    assert not down[happening.node]
                    assert story.node(happening.node).missed_probes >= 3
                    down[happening.node] = True
                case "NodeCameUp":
                    assert down[happening.node]
                    assert story.node(happening.node).state is NodeState.ONLINE
                    down[happening.node] = False
    assert {
        name: node.down_since is not None for name, node in story.snapshot.nodes.items()
    } == down


@given(steps=STEPS)
@THOROUGH
def test_nothing_is_told_without_a_cause(steps):
    for story, before, told in played(steps):
        for happening in told:
            name = type(happening).__name__
            if name.startswith("Node") and name not in ("NodeCalmed", "NodeWentSilent"):
                assert before.nodes[happening.node] is not story.node(happening.node), name
            if name in ("GuestCrashed", "GuestStopped", "GuestStayedDown"):
                guest = story.guest(happening.vmid)
                assert guest.state is GuestState.STOPPED
                assert story.node(guest.node).state is NodeState.ONLINE
                assert before.guests[happening.vmid].told_state is not GuestState.STOPPED
            if name in ("GuestStarted", "GuestResumed"):
                assert story.guest(happening.vmid).state is GuestState.RUNNING
                assert before.guests[happening.vmid].told_state is not GuestState.RUNNING
            if name == "GuestMigrated":
                assert before.guests[happening.vmid].node == happening.from_node != happening.node
            if name in ("StorageLost", "StorageRoseAbove", "StorageNearlyFull"):
                assert all(
                    story.node(row.node).state is NodeState.ONLINE
                    for row in story.snapshot.storages.values()
                    if row.storage == happening.storage and not row.shared
                )


@given(steps=STEPS)
@THOROUGH
def test_the_same_snapshot_again_tells_nothing(steps):
    for story, _, _ in played(steps):
        assert diff(story.snapshot, story.snapshot) == ()
    settled = story.snapshot
    story.probe(0)
    assert diff(settled, story.snapshot) == ()
    told = [*story.read(0)]
    assert story.read(0) == [], kinds(told)


@given(steps=STEPS)
@THOROUGH
def test_no_node_that_is_away_and_none_of_its_guests_shows_a_figure(steps):
    for story, _, _ in played(steps):
        for node in story.snapshot.nodes.values():
            if node.state is not NodeState.ONLINE:
                assert (node.cpu_fraction, node.mem_used_bytes, node.uptime_s) == (None,) * 3
        if story.snapshot.guests_at == story.snapshot.nodes_at:
            for guest in story.snapshot.guests.values():
                if story.node(guest.node).state is not NodeState.ONLINE:
                    assert guest.state is GuestState.UNKNOWN
                    assert (guest.cpu_fraction, guest.uptime_s) == (None, None)


@given(steps=STEPS)
@THOROUGH
def test_lines_are_crossed_up_before_they_are_crossed_down(steps):
    tally = Counter()
    for _, _, told in played(steps):
        for happening in told:
            name = type(happening).__name__
            tally[name] += 1
            if name == "StorageFellBelow":
                tally[f"fell to {happening.level}"] += 1
        rises = tally["StorageRoseAbove"] + tally["StorageNearlyFull"]
        assert tally["fell to ok"] <= rises
        assert tally["fell to warning"] <= tally["StorageNearlyFull"]
        assert tally["StorageReturned"] <= tally["StorageLost"]
