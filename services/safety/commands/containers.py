"""Containers: Docker, Podman and Kubernetes, as far as they are only looked at or started."""

import re
from collections.abc import Mapping
from typing import Final

from services.safety.commands.system import PS_FIELDS, old_fields
from services.safety.commands.templates import open_fields
from services.safety.ground import Ground
from services.safety.rules import matching, number, text, token
from services.safety.specs import Call, Spec, each, spec, tool
from services.safety.tiers import Tier

_FORMAT: Final = {"--format": text, "-f": text, "--filter": token}
_LIST: Final = spec(
    "-aqls -n: --all --quiet --latest --size --no-trunc --filter: -f: --format: --last: --digests"
    " --tree --cluster",
    rest=token,
    values=_FORMAT,
)
_LOGS: Final = spec(
    "-t -n: --tail: --since: --until: --timestamps --details --no-color --no-log-prefix --names",
    rest=token,
    least=0,
)
_STATS: Final = spec(
    "-a --no-stream --all --format: --no-trunc --no-reset",
    rest=token,
    needs="--no-stream",
    values=_FORMAT,
)


def _tells_all(call: Call) -> str | None:
    named = call.options & {"-f", "--format"}
    why = None if named else "it tells the environment, so name the fields"
    return call.ground.of_telling(why)


def _fields(word: str, ground: Ground) -> str | None:
    return ground.of_telling(open_fields(word))


_FIELDS: Final = dict.fromkeys(("-f", "--format"), _fields)
_INSPECT: Final = spec(
    "-s -f: --format: --size --type:", rest=token, least=1, values=_FIELDS, check=_tells_all
)
_INSPECT_OPEN: Final = spec("-f: --format: --verbose -v", rest=token, least=1, values=_FIELDS)
_STARTS: Final = spec(
    "-t: --time: --timeout:",
    rest=token,
    least=1,
    tier=Tier.YELLOW,
    because="starts what can be stopped again",
    values=dict.fromkeys(("-t", "--time", "--timeout"), number),
)
_COMPOSE_FILE: Final = matching(
    r"(?!.*(?:\.git|://|oci:|\.\.))(?!/(?:var/)?tmp|/dev/)[\w./][\w./\-]*\.ya?ml",
    "is no stack's file",
)
_COMPOSE_FOLDER: Final = matching(
    r"(?!.*(?:\.git|://|oci:|\.\.))(?!/(?:var/)?tmp|/dev/)[\w./][\w./\-]*", "may be elsewhere"
)
_COMPOSE: Final = tool(
    "-f: -p: --file: --project-name: --project-directory: --profile: --ansi: --progress:",
    subs={
        "ps|images|top|ls|port|volumes": spec(
            "-aq --all --quiet --services --format: --filter: --status: --no-trunc --orphans?",
            rest=token,
            values=_FORMAT,
        ),
        "logs": _LOGS,
        "version": spec("--short -f: --format:"),
        "config": spec(
            "-q --services --images --volumes --profiles --quiet --hash:",
            needs="-q|--services|--images|--volumes|--profiles|--quiet|--hash",
        ),
        "start|restart": _STARTS,
    },
    values={
        **dict.fromkeys(("-f", "--file"), _COMPOSE_FILE),
        "--project-directory": _COMPOSE_FOLDER,
    },
    apart=True,
)


def _no_secrets(call: Call) -> str | None:
    kinds = " ".join(call.operands).lower()
    return "secrets would be told" if "secret" in kinds else None


def _no_environment(call: Call) -> str | None:
    kinds = call.operands[0]
    shown = all(_KUBE_BARE.fullmatch(one) for one in kinds.lower().split(","))
    return call.ground.of_telling(None if shown else f"{kinds} tells what may hold secrets")


def _shape(word: str, ground: Ground) -> str | None:
    return "reads" if "file" in word else ground.of_telling(_KUBE_SHAPE(word, ground))


_KUBE_SHAPE: Final = matching("wide|name", "may tell secrets")
_KUBE_BARE: Final = re.compile(
    r"(?:no|nodes?|svc|services?|ing|ingress(?:es)?|pvc?|persistentvolume(?:claim)?s?|sc"
    r"|storageclass(?:es)?|ns|namespaces?|ev|events?|ep|endpoints|hpa|netpol|networkpolic\w+)(?:/.+)?"
)
"""Kinds that hold no environment of a container."""
_KUBE: Final = (
    "-n: --namespace: --context: -A --all-namespaces -o: --output: -l: --selector: --show-labels"
    " --field-selector: --sort-by: --no-headers --request-timeout:"
)
_DOCKER: Final = tool(
    "",
    subs={
        "ps|images|container ls|container list|container ps|image ls|image list|volume ls"
        "|network ls|volume list|network list|service ls|node ls|stack ls|plugin ls|context ls"
        "|secret ls|config ls|buildx ls|stack ps|service ps|node ps|stack services|pod ps": _LIST,
        "inspect|container inspect|image inspect|volume inspect|service inspect|node inspect": (
            _INSPECT
        ),
        "network inspect": _INSPECT_OPEN,
        "logs|container logs|service logs": _LOGS,
        "stats|container stats": _STATS,
        "top|container top": spec(
            "-o: -e -f -l -F -A",
            token,
            rest=matching(r"[\w\-,]+", "is no option of ps"),
            values={"-o": PS_FIELDS},
            check=lambda call: old_fields(call.operands[1:]),
        ),
        "port|container port|diff|container diff": spec("", rest=token),
        "history|image history": spec("-Hq --human? --quiet", token),
        "info|version|system info": spec("-f: --format:", values=_FORMAT),
        "system df": spec("-v --verbose --format:", values=_FORMAT),
        "events|system events": spec(
            "-f: --since: --until: --filter: --format:",
            needs="--until",
            values=_FORMAT | {"--until": matching(r"\d+[smh]", "is no time that is over")},
        ),
        "compose": _COMPOSE,
        "start|restart|container start|container restart|unpause|container unpause": _STARTS,
    },
    ruins={
        "system prune": "removes what is not running, images and networks included",
        "volume rm|volume remove|volume prune": "removes volumes and their data",
        "swarm leave": "takes the node out of its swarm",
    },
)

_LXD: Final = spec(
    "-f: --format: -c:",
    rest=token,
    values={
        "-c": matching("[A-Za-z0-9]+", "may tell secrets"),
        **dict.fromkeys(("-f", "--format"), matching("table|csv|compact", "may tell secrets")),
    },
)

CONTAINERS: Final[Mapping[str, Spec]] = {
    **each("docker podman", _DOCKER),
    "docker-compose": _COMPOSE,
    "kubectl": tool(
        _KUBE,
        subs={
            "get": spec(
                "",
                rest=token,
                least=1,
                check=_no_secrets,
                values=dict.fromkeys(("-o", "--output"), _shape),
            ),
            "describe": spec("", rest=token, least=1, check=_no_environment),
            "logs": spec(
                "-c: -p --tail: --since: --timestamps --container: --previous"
                " --all-containers --prefix --limit-bytes:",
                rest=token,
                least=1,
            ),
            "top|top nodes|top pods|top node|top pod": spec("--containers --sum", rest=token),
            "version|api-resources|api-versions": spec("--short --client --namespaced?"),
            "cluster-info|config current-context|config get-contexts|config get-clusters": spec(""),
            "explain": spec("--recursive", rest=token),
            "rollout history": spec("--revision:", rest=token),
            "auth can-i": spec("--list --as:", rest=token),
        },
        ruins={
            "delete namespace|delete ns|delete pvc|delete pv|delete all": "deletes what it holds",
            "delete persistentvolumeclaim|delete persistentvolume": "deletes data",
        },
    ),
    "k3s": tool(subs={"check-config": spec("")}),
    "helm": tool(
        "-n: --namespace: -A -a --all-namespaces --all",
        subs={
            "list|ls|history|version|repo list": spec("-o: --output:", rest=token),
        },
    ),
    "crictl": tool(subs={"ps|pods|images|version|stats": spec("-a -q", rest=token)}),
    "lxc": tool(
        subs={"list|info|version": _LXD},
        ruins={"delete": "removes a container"},
    ),
    "incus": tool(
        subs={"list|info|version": _LXD},
        ruins={"delete": "removes a container"},
    ),
}
"""Commands about containers, by name."""
