"""Paths of Proxmox's API whose reading gives no secret and makes no request elsewhere."""

import re
from typing import Final

from services.safety.ground import Ground
from services.safety.rules import by_word

_PLAIN: Final = re.compile(r"/[\w./@%:\-!]*|[a-z][\w./@%:\-!]*")
_MORE_THAN_READING: Final = re.compile(
    r"/(?:vncwebsocket|file-read|exec-status|download|query-url-metadata|query-oci-repo-tags"
    r"|scan/(?:cifs|pbs|iscsi|glusterfs)|ticket|tfa|openid|termproxy|vncshell|spiceshell)(?:/|$)"
)
_NAME: Final = r"[\w.\-]+"
_ID: Final = r"[\w.:@!\-]+"
_VOLUME: Final = rf"(?:/{_ID}(?:/{_NAME}){{0,3}})?"
_FIREWALL: Final = (
    rf"firewall(?:/(?:aliases|ipset|rules|groups)(?:/{_NAME}){{0,2}}|/options|/refs|/log|/macros)?"
)
_OPEN: Final = re.compile(
    rf"""/?
    | /version
    | /nodes
    | /pools(?:/{_NAME})?
    | /access(?:/(?:acl|permissions|domains|roles(?:/{_NAME})?|groups(?:/{_NAME})?|users))?
    | /cluster(?:/(?:
        resources|status|tasks|log|options|nextid|{_FIREWALL}
      | backup(?:/{_NAME}(?:/included_volumes)?)? | backup-info(?:/not-backed-up)?
      | replication(?:/{_NAME})? | ha(?:/(?:resources|groups|rules|status)(?:/{_ID})?)?
      | config(?:/(?:nodes|totem|qdevice|apiversion))?
      | ceph(?:/(?:status|metadata|flags(?:/{_NAME})?))?
      | jobs(?:/realm-sync|/schedule-analyze)? | mapping(?:/(?:pci|usb|dir)(?:/{_NAME})?)?
      | sdn(?:/(?:zones|vnets)(?:/{_NAME}){{0,4}})?
      ))?
    | /nodes/{_NAME}(?:/(?:
        status|version|subscription|time|dns|hosts|netstat|syslog|journal|rrd|rrddata|config
      | aplinfo|wakeonlan
      | tasks(?:/{_ID}(?:/(?:status|log))?)?
      | network(?:/{_NAME})? | services(?:/{_NAME}(?:/state)?)?
      | apt(?:/(?:update|versions|repositories))?
      | disks(?:/(?:list|smart|lvm|lvmthin|directory|zfs)(?:/{_NAME})?)?
      | storage(?:/{_NAME}(?:/(?:status|rrd|rrddata|prunebackups|content{_VOLUME}))?)?
      | certificates(?:/info)? | replication(?:/{_NAME}(?:/(?:status|log))?)?
      | hardware(?:/(?:pci|usb)(?:/{_ID}(?:/mdev)?)?)? | scan(?:/(?:nfs|lvm|lvmthin|zfs))?
      | capabilities(?:/[\w./\-]+)? | vzdump/defaults | ceph(?:/(?!.*key)[\w./\-]+)?
      | sdn(?:/zones(?:/{_NAME}){{0,3}})? | {_FIREWALL}
      | (?:qemu|lxc)(?:/\d+(?:/(?:
          status(?:/current)? | config | pending | rrd | rrddata | feature | interfaces | migrate
        | snapshot(?:/{_NAME}(?:/config)?)? | {_FIREWALL}
        | agent(?:/(?:info|get-[a-z\-]+|network-get-interfaces))?
        ))?)?
      ))?
    """,
    re.VERBOSE,
)


@by_word
def api_path(word: str) -> str | None:
    """Why a path is more than a listing; None where reading it has no effect."""
    if not _PLAIN.fullmatch(word) or ".." in word:
        return f"{word} is no plain path of the API"
    found = _MORE_THAN_READING.search(word)
    return f"{found[0].strip('/')} is more than a reading" if found else None


def open_api_path(word: str, ground: Ground) -> str | None:
    """Why the answer to a path is not told without asking; None where it is on the list."""
    if why := api_path(word, ground):
        return why
    path = f"/{word.strip('/')}"
    why = None if _OPEN.fullmatch(path) else f"what {path} tells may hold secrets"
    return ground.of_telling(why)
