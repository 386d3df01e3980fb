"""What Proxmox's own list of services adds to what SSH tells: told once, mended once."""

from services.cluster.node_services import ServiceReading
from services.nodes.findings import NodeFindings
from services.nodes.happenings import UnitFailed, UnitRecovered
from services.nodes.model import LinkState, NodeLink
from services.nodes.rounds import Part
from services.nodes.told import Told
from tests.support.clusters import at

LINK = NodeLink(node="pve", state=LinkState.CONNECTED)


def service(name: str, **fields: str) -> ServiceReading:
    return ServiceReading(**{"name": name, "state": "running", "unit_state": "enabled"} | fields)


FALLEN = (service("pveproxy", state="failed"), service("pvestatd"))
RESTING = (service("pveproxy"), service("pvestatd", state="dead"))
WELL_SERVICES = (service("pveproxy"), service("pvestatd"))
UNTOLD = (ServiceReading(name="pveproxy"), ServiceReading(name="pvestatd"))


def test_what_proxmox_lists_as_failed_is_told_where_ssh_cannot_tell_it() -> None:
    findings = NodeFindings(LINK, line_c=80)
    findings.take_failure(Part.UNITS, "no key")

    assert findings.take_services(FALLEN, at(0)) == []
    assert findings.take_services(FALLEN, at(0)) == [], "one reading, looked at twice"
    assert findings.take_services(None, at(300)) == []
    (failed,) = findings.take_services(FALLEN, at(300))
    assert isinstance(failed, UnitFailed)
    assert failed.sentence() == "pveproxy.service has failed on pve"
    assert findings.take_services(FALLEN, at(600)) == []

    for seconds in (601, 602):
        assert findings.take_services(UNTOLD, at(seconds)) == [], "of which nothing is known"
    assert findings.take_services(WELL_SERVICES, at(900)) == []
    (mended,) = findings.take_services(WELL_SERVICES, at(1200))
    assert isinstance(mended, UnitRecovered)


def test_a_unit_that_ssh_and_proxmox_call_failed_is_told_once_and_mended_once() -> None:
    findings = NodeFindings(LINK, line_c=80)
    units = ("pveproxy.service",)

    news = findings.take_units(units, at(0)) + findings.take_services(FALLEN, at(1))
    news += findings.take_units(units, at(30)) + findings.take_services(FALLEN, at(301))
    assert [type(event) for event in news] == [UnitFailed]

    news = findings.take_units((), at(330)) + findings.take_units((), at(360))
    assert news == [], "Proxmox has not been asked since"
    assert not findings.unsettled, "SSH cannot settle it"
    news = findings.take_services(WELL_SERVICES, at(601)) + findings.take_units((), at(630))
    assert [type(event) for event in news] == [UnitRecovered]


def test_a_service_that_rests_is_told_though_it_has_not_failed_and_ssh_calls_it_no_better() -> None:
    findings = NodeFindings(LINK, line_c=80)

    assert findings.take_services(RESTING, at(0)) == []
    (failed,) = findings.take_services(RESTING, at(300))
    assert failed.sentence() == "pvestatd.service does not run on pve, which cannot do without it"
    assert findings.take_units((), at(310)) == []
    assert findings.take_units((), at(340)) == []

    told = Told(units=frozenset({"pvestatd.service", "nginx.service"}))
    again = NodeFindings(LINK, line_c=80, told=told)
    assert again.take_units((), at(400)) == []
    (mended,) = again.take_units((), at(430))
    assert isinstance(mended, UnitRecovered)
    assert mended.unit == "nginx.service", "of the other one nothing is known before Proxmox tells"
    assert again.take_services(RESTING, at(600)) == []
    assert again.take_services(RESTING, at(900)) == []
