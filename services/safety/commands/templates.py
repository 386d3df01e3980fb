"""Go templates of `docker inspect`: fields that hold no environment, by name from the top."""

import re
from typing import Final

_ACTION: Final = re.compile(r"\{\{-?(?P<inner>[^{}]*?)-?\}\}")
_OPEN_FIELDS: Final = re.compile(
    r"""\.(?:
      I[dD] | Name | Created(?:At)? | Image | RestartCount | Driver | Platform | LogPath | Scope
    | SizeRw | SizeRootFs | Size | VirtualSize | RepoTags | RepoDigests | Architecture | Os | RootFS
    | Parent | Mountpoint | State | Status | Mounts | NetworkSettings | UpdateStatus | Endpoint
    | Spec\.(?:Name|Mode|Role|Availability) | Description\.(?:Hostname|Resources|Platform)
    | Config\.(?:Image|Hostname|User|WorkingDir|ExposedPorts|Tty|StopSignal|StopTimeout)
    | HostConfig\.(?:RestartPolicy|NetworkMode|PortBindings|Memory\w*|NanoCpus|Cpu\w*|Binds
      |Privileged|PidMode|IpcMode|CapAdd|CapDrop|Devices|Dns|ExtraHosts|AutoRemove|ShmSize
      |LogConfig\.Type|Runtime|OomKillDisable|ReadonlyRootfs|Ulimits|SecurityOpt|GroupAdd
      |PidsLimit|BlkioWeight)
    )(?:\.\w+)*""",
    re.VERBOSE,
)
_TOKEN: Final = re.compile(
    r"""\s+ | "(?:[^"\\]|\\.)*" | `[^`]*` | \d+ | \$\w+(?:\.\w+)* | := | [,|(] | \)(?:\.\w+)*
    | (?P<field>(?:\.\w+)+) | (?P<dot>\.) | (?P<word>[a-z]+)\b""",
    re.VERBOSE,
)
_FUNCTIONS: Final = frozenset(
    (
        *("json", "print", "println", "printf", "index", "len", "slice", "join", "lower", "upper"),
        *("title", "split", "eq", "ne", "lt", "gt", "le", "ge", "and", "or", "not", "pad"),
        "truncate",
    )
)


def open_fields(template: str) -> str | None:
    """Why a template may tell a container's environment; None when it names other fields alone."""
    if "{{" not in template:
        return "the whole would be told, with the environment"
    if "{{" in _ACTION.sub("", template) or "}}" in _ACTION.sub("", template):
        return "the format is not followed"
    blocks: list[str] = []
    for found in _ACTION.finditer(template):
        if why := _refuses_action(found["inner"], blocks):
            return why
    return None


def _refuses_action(action: str, blocks: list[str]) -> str | None:
    """`blocks` are those that are open, each of which but `if` says what the dot is."""
    place = 0
    opened: list[str] = []
    goes_on = False
    while place < len(action):
        found = _TOKEN.match(action, place)
        if not found:
            return f"the format holds {action[place : place + 20]!r}"
        place = found.end()
        within = any(block != "if" for block in blocks)
        match found["word"]:
            case None:
                if found["dot"] and not within:
                    return "the whole would be told, with the environment"
                if found["field"] and not within and not _OPEN_FIELDS.fullmatch(found["field"]):
                    return f"{found['field']} may hold secrets"
            case "if" if goes_on:
                pass
            case "if" | "range" | "with" as word if not (opened or goes_on):
                opened.append(word)
            case "end" if blocks:
                blocks.pop()
            case "else" if blocks[-1:] == ["if"] and not opened:
                goes_on = True
            case word if word not in _FUNCTIONS:
                return f"the format holds {word}"
    blocks += opened
    return None
