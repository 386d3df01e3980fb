"""A tier that cannot be read while Proxmox answers all others, over real HTTPS."""

from types import SimpleNamespace

from services.cluster.changes import ProxmoxLost, ReadingLost, ReadingRegained
from services.cluster.model import SourceState, Tier
from tests.support.tiny_api import answered, tiny_apis
from tests.support.watched import FAST_S, watching

NODE = {"type": "node", "node": "pve", "id": "node/pve", "status": "online", "uptime": 60}
ANSWERS = {
    "/api2/json/cluster/resources": [NODE],
    "/api2/json/cluster/status": [{"type": "node", "name": "pve", "online": 1, "local": 1}],
    "/api2/json/version": {"version": "9.2.3"},
    "/api2/json/nodes/pve/status": {"pveversion": "pve-manager/9.2.3/abc"},
}


async def test_a_tier_that_cannot_be_read_is_told_with_its_reason_and_so_is_its_return(tmp_path):
    refused = []

    def answer(path):
        if path in refused:
            return answered(None, "400 Parameter verification failed.")
        return answered(ANSWERS.get(path.partition("?")[0], []))

    with tiny_apis(tmp_path, "pve") as (server,):
        server.answer = answer
        house = SimpleNamespace(
            endpoints=[server.url],
            token_id="jarvis@pve!page",
            token_secret="secret",
            ca_file=server.cert_file,
        )
        seldom = {**FAST_S, Tier.ROUTINE: 300.0, Tier.BACKGROUND: 300.0}
        async with watching(house, intervals_s=seldom) as watched:
            refused.append("/api2/json/cluster/resources")

            lost = await watched.told(ReadingLost)
            assert lost.tier is Tier.IMPORTANT
            assert "/cluster/resources" in lost.because
            assert watched.service.tiers[Tier.CRITICAL].state is SourceState.OK

            refused.clear()
            back = await watched.told(ReadingRegained)

            assert back.tier is Tier.IMPORTANT
            assert back.away_s > 0
            assert len(watched.heard(ReadingLost)) == 1
            assert watched.heard(ProxmoxLost) == []
