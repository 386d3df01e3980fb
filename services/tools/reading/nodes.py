"""What one node tells beyond its figures: services, updates, network."""

from services.cluster.node_services import ServiceReading
from services.cluster.parse_network import InterfaceReading
from services.cluster.parse_packages import PackageReading
from services.safety.tiers import Tier
from services.tools.answering import answering
from services.tools.calls import Outcome
from services.tools.errors import NotNamed
from services.tools.fields import NodeName, UnitName
from services.tools.figures import UNKNOWN, count, told, told_truth
from services.tools.hands import Hands
from services.tools.naming import find_node, nearest
from services.tools.reading.cluster import OfNode
from services.tools.reading.found import found_facts, read_now, snapshot_of
from services.tools.spec import Arguments, Found, Tool
from services.tools.tables import Column, list_facts, list_rows

MOST_PACKAGES = 100


class OfService(Arguments):
    """Arguments of get_service_status."""

    node: NodeName
    service: UnitName


SERVICE_COLUMNS: tuple[Column[ServiceReading], ...] = (
    Column("service", "service", lambda s: s.name),
    Column("state", "state", lambda s: s.state),
    Column("active", "active_state", lambda s: s.active_state),
    Column("unit", "unit_state", lambda s: s.unit_state),
    Column("failed", "failed", lambda s: s.failed, lambda v: "FAILED" if v else UNKNOWN),
    Column("description", "description", lambda s: s.description),
)

PACKAGE_COLUMNS: tuple[Column[PackageReading], ...] = (
    Column("package", "package", lambda p: p.name),
    Column("installed", "installed", lambda p: p.installed),
    Column("available", "available", lambda p: p.available),
    Column("origin", "origin", lambda p: p.origin),
    Column("security", "security", lambda p: p.security, lambda v: "security" if v else UNKNOWN),
)

INTERFACE_COLUMNS: tuple[Column[InterfaceReading], ...] = (
    Column("interface", "interface", lambda i: i.name),
    Column("kind", "kind", lambda i: i.kind),
    Column("active", "active", lambda i: i.active, told_truth),
    Column("addresses", "addresses", lambda i: i.addresses),
    Column("gateway", "gateway", lambda i: i.gateway),
    Column("ports", "ports", lambda i: i.ports),
    Column("at boot", "starts_at_boot", lambda i: i.starts_at_boot, told_truth),
    Column("vlans", "vlan_aware", lambda i: i.vlan_aware, lambda v: "yes" if v else UNKNOWN),
    Column("comment", "comment", lambda i: i.comment),
)


def _unlisted(node: str, what: str) -> Found:
    return Found(outcome=Outcome.FAILED, because=f"{node} sent no list of {what}")


@answering
async def _services(arguments: OfNode, hands: Hands) -> Found:
    node = find_node(snapshot_of(hands), arguments.node).name
    services = await hands.cluster.lookups.fetch_services(node)
    if services is None:
        return _unlisted(node, "services")
    failed = [service.name for service in services if service.failed]
    listing = list_rows(services, SERVICE_COLUMNS)
    bad = told(failed) if failed else "none"
    headline = f"{count(len(services), 'service')} of {node}; failed: {bad}"
    if missed := [service.name for service in services if service.is_missed]:
        headline += f"; at rest, though the node cannot do without: {told(missed)}"
    return read_now(
        headline,
        listing,
        under="services",
        hands=hands,
        data={"node": node, "failed": failed, "missed": missed},
    )


@answering
async def _service_status(arguments: OfService, hands: Hands) -> Found:
    node = find_node(snapshot_of(hands), arguments.node).name
    name = arguments.service.removesuffix(".service")
    listed = await hands.cluster.lookups.fetch_services(node)
    service = next((each for each in listed or () if each.name == name), None)
    if service is None:
        if listed is None:
            return _unlisted(node, "services")
        known = [each.name for each in listed]
        raise NotNamed(f"service on {node} that Proxmox knows as", name, nearest(name, known))
    facts = [
        ("state", told(service.state)),
        ("active", told(service.active_state)),
        ("unit", told(service.unit_state)),
        ("failed", told_truth(service.failed)),
        ("description", told(service.description)),
    ]
    data = {column.key: column.value(service) for column in SERVICE_COLUMNS}
    return found_facts(
        f"Service {name} on {node}",
        list_facts(facts),
        hands=hands,
        read_at=hands.clock.now(),
        data={"node": node, **data},
    )


@answering
async def _updates(arguments: OfNode, hands: Hands) -> Found:
    node = find_node(snapshot_of(hands), arguments.node).name
    packages = await hands.cluster.lookups.fetch_packages(node)
    if packages is None:
        return _unlisted(node, "updates")
    ordered = sorted(packages, key=lambda each: (not each.security, each.name))
    security = sum(each.security for each in packages)
    listing = list_rows(ordered, PACKAGE_COLUMNS, most=MOST_PACKAGES)
    headline = (
        f"{count(len(packages), 'package')} can be upgraded on {node}, {security} known to mend a "
        "hole, as of its last refresh"
    )
    if not packages:
        headline = f"Nothing waits to be upgraded on {node}, as of its last refresh"
    return read_now(
        headline,
        listing,
        under="packages",
        hands=hands,
        data={"node": node, "count": len(packages), "security_count": security},
    )


@answering
async def _network(arguments: OfNode, hands: Hands) -> Found:
    node = find_node(snapshot_of(hands), arguments.node).name
    interfaces = await hands.cluster.lookups.fetch_network(node)
    if interfaces is None:
        return _unlisted(node, "interfaces")
    listing = list_rows(interfaces, INTERFACE_COLUMNS)
    headline = f"{count(len(interfaces), 'interface')} of {node}, as configured"
    return read_now(headline, listing, under="interfaces", hands=hands, data={"node": node})


TOOLS: tuple[Tool[OfNode] | Tool[OfService], ...] = (
    Tool(
        name="get_node_services",
        summary="List the services Proxmox watches on a node, and which of them have failed.",
        arguments=OfNode,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/services",
        run=_services,
    ),
    Tool(
        name="get_service_status",
        summary="Tell how one of a node's Proxmox services is.",
        arguments=OfService,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/services",
        run=_service_status,
    ),
    Tool(
        name="get_updates",
        summary="List the packages that can be upgraded on a node, those that mend holes first.",
        arguments=OfNode,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/apt/update",
        run=_updates,
    ),
    Tool(
        name="get_network",
        summary="List a node's network interfaces, bridges and addresses.",
        arguments=OfNode,
        tier=Tier.GREEN,
        reads="GET /nodes/{node}/network",
        run=_network,
    ),
)
