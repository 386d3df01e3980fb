"""The validator itself: it must fail where an answer is wrong, or it proves nothing."""

from typing import Any

import pytest

from tests.support.pve_recordings import read_recordings
from tests.support.pve_schema import find_method, load_methods, schema_is_here, validate

needs_schema = pytest.mark.skipif(not schema_is_here(), reason="no recorded schema beside us")

ROW: dict[str, Any] = {
    "type": "object",
    "properties": {
        "node": {"type": "string"},
        "status": {"type": "string", "enum": ["online", "offline"]},
        "cpu": {"type": "number", "optional": True, "minimum": "0"},
        "maxcpu": {"type": "integer", "optional": True, "maximum": 8192},
        "local": {"type": "boolean", "optional": True},
        "fingerprint": {
            "type": "string",
            "optional": True,
            "pattern": "([A-F0-9]{2}:)+[A-F0-9]{2}",
        },
        "memory": {
            "type": "object",
            "optional": True,
            "properties": {"used": {"type": "integer"}},
            "extra": {"additionalProperties": 0},
        },
    },
}
LISTING: dict[str, Any] = {"type": "array", "items": ROW}
WELL: dict[str, Any] = {"node": "pve", "status": "online"}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="only what is required"),
        pytest.param({"cpu": 0.25, "maxcpu": 8, "local": 1}, id="numbers as numbers"),
        pytest.param({"cpu": "0.25", "maxcpu": "8", "local": "0"}, id="numbers as strings"),
        pytest.param({"cpu": 0}, id="a whole number where a fraction is meant"),
        pytest.param({"memory": {"used": 1}}, id="an object within"),
        pytest.param({"something": "new"}, id="a key that the schema does not know"),
    ],
)
def test_a_good_answer_has_no_violation(more: dict[str, Any]) -> None:
    assert validate([WELL | more], LISTING) == []


@pytest.mark.parametrize(
    ("more", "where", "because"),
    [
        pytest.param({"node": 7}, "[0].node", "type string", id="a number for a string"),
        pytest.param({"node": None}, "[0].node", "type string", id="null for a string"),
        pytest.param({"cpu": "idle"}, "[0].cpu", "type number", id="words for a number"),
        pytest.param({"cpu": True}, "[0].cpu", "type number", id="true for a number"),
        pytest.param({"cpu": -0.1}, "[0].cpu", "less than 0", id="below the minimum"),
        pytest.param({"maxcpu": 1.5}, "[0].maxcpu", "type integer", id="a fraction for a count"),
        pytest.param({"maxcpu": None}, "[0].maxcpu", "type integer", id="null for a count"),
        pytest.param({"maxcpu": 9000}, "[0].maxcpu", "more than 8192", id="above the maximum"),
        pytest.param({"local": True}, "[0].local", "type boolean", id="true for Perl's 1"),
        pytest.param({"local": 2}, "[0].local", "type boolean", id="2 for a boolean"),
        pytest.param({"status": "asleep"}, "[0].status", "none of", id="an unknown value"),
        pytest.param({"fingerprint": "zz"}, "[0].fingerprint", "match", id="a broken pattern"),
        pytest.param({"memory": []}, "[0].memory", "type object", id="a list for an object"),
        pytest.param({"memory": {}}, "[0].memory.used", "missing", id="a key missing within"),
        pytest.param(
            {"memory": {"used": 1, "lent": 2}}, "[0].memory.lent", "allow", id="a forbidden key"
        ),
    ],
)
def test_a_wrong_answer_is_told_with_its_place(
    more: dict[str, Any], where: str, because: str
) -> None:
    found = validate([WELL | more], LISTING)

    assert [violation.where for violation in found] == [where]
    assert because in found[0].because


def test_a_missing_key_is_told_for_each_row() -> None:
    found = validate([WELL, {"node": "pve"}, {"status": "online"}], LISTING)

    assert [violation.where for violation in found] == ["[1].status", "[2].node"]


@pytest.mark.parametrize(
    ("answer", "schema"),
    [
        pytest.param({}, {"type": "array"}, id="an object for a list"),
        pytest.param([], {"type": "object"}, id="a list for an object"),
        pytest.param("", {"type": "null"}, id="an empty string for null"),
        pytest.param(None, {"type": "string"}, id="null for a string"),
        pytest.param("x", {"properties": {"a": {"optional": True}}}, id="a string for properties"),
        pytest.param(1.5, {"type": ["string", "integer"]}, id="none of several types"),
    ],
)
def test_the_answer_itself_must_have_the_right_type(answer: object, schema: dict[str, Any]) -> None:
    assert validate(answer, schema)


@needs_schema
@pytest.mark.parametrize(
    ("path", "served_by"),
    [
        ("/nodes/pve/qemu/100/status/current", "/nodes/{node}/qemu/{vmid}/status/current"),
        ("/nodes/pve/storage/local/content?content=iso", "/nodes/{node}/storage/{storage}/content"),
        ("/cluster/nextid", "/cluster/nextid"),
    ],
)
def test_a_path_finds_its_method(path: str, served_by: str) -> None:
    method = find_method("9.2", "GET", path)

    assert method is not None
    assert method.path == served_by


@needs_schema
def test_the_schema_knows_what_is_proxied_to_a_node() -> None:
    methods = load_methods("9.2")

    assert methods["GET", "/nodes/{node}/status"].proxied
    assert not methods["GET", "/nodes/{node}/rrddata"].proxied


# Proxmox's own answers that its schema does not cover: an interface that has no `exists`, and
# changes of the SDN that answer with an empty string.
EXCUSED = (("/nodes/{node}/network", "exists"), ("/cluster/sdn/", ""))


@needs_schema
def test_what_real_servers_answered_passes_the_validator() -> None:
    judged = 0
    wrong = []
    for recording in read_recordings():
        method = find_method(recording.release, recording.verb, recording.path)
        if recording.status != 200 or method is None:
            continue
        judged += 1
        wrong += [
            f"{recording.source} {recording.verb} {recording.path} {violation}"
            for violation in validate(recording.data, method.returns)
            if not any(
                recording.path.startswith(path) and violation.where.rpartition(".")[2] == key
                for path, key in EXCUSED
            )
        ]

    assert judged > 200
    assert wrong == []
