"""Which files hold secrets: those nobody may have read out, and those a person is asked about."""

import posixpath
import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from services.safety.words import GLOBS, UNKNOWN, as_written, has_glob

_CREDENTIALS = re.compile(
    r"""(?:^|/)(?:
      etc/(?:shadow|gshadow)-?$ | (?:g?shadow-?|opasswd)(?:\.[\w.]+)?$
      | id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$ | ssh_host_\w+_key$
      | (?:etc/)?pve/priv(?:/|$) | priv/(?:authkey|token|tfa|shadow|known_hosts|ceph|storage|acme)
      | authkey(?:\.key)?$ | pve-(?:ssl|root-ca|www)\.key$
      | pveproxy-ssl\.key$ | pve-cluster/config\.db
      | ssl/private(?:/|$) | wireguard/.*\.conf$ | privatekey$ | \.aws/credentials$
      | [^/]*\.keyring$ | krb5\.keytab$ | privkey\d*\.pem$
      | proc/kcore$ | dev/(?:mem|kmem|port)$ | security/opasswd$
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_PRIVATE = re.compile(
    r"""(?:^|/)(?:
      \.env(?:[.\-_][^/]*)?$ | [^/]+\.env$ | environ$ | \.?secrets?(?:[./]|$)
      | [^/]*(?:password|passwd|passphrase|credential|secret|apikey|api[-_]key)[^/]*$
      | [^/]*\.(?:key|keytab|p12|pfx|jks|kdbx|ovpn|gpg|asc|age|keystore|pgpass|htpasswd)$
      | [^/]*(?:priv|key)[^/]*\.pem$ | [^/]*[-_]key$ | tokens?(?:\.\w+)?$ | \.vault-token$
      | \.ssh(?:/|$) | \.gnupg(?:/|$) | \.aws(?:/|$) | \.kube(?:/|$) | \.docker/config\.json$
      | \.config(?:/|$) | \.(?:netrc|pgpass|my\.cnf|git-credentials|npmrc|pypirc|htpasswd|age)$
      | \.?\w*_history$ | wp-config\.php$ | auth\.conf(?:\.d(?:/|$)|$) | sudoers(?:\.d(?:/|$)|$)
      | wireguard(?:/|$) | openvpn(?:/|$) | wpa_supplicant(?:/|\.|$) | system-connections(?:/|$)
      | NetworkManager(?:/|$) | ppp(?:/|$) | letsencrypt(?:/|$) | acme(?:/|$) | tailscale(?:/|$)
      | vaultwarden(?:/|$) | [^/]*\.(?:sqlite3?|db|dump|core)$
      | proc/(?:[^/]+/)+(?:environ|mem|maps|fd|cwd|root|auxv)(?:/|$) | proc/(?:kmsg|kallsyms)$
      | run/(?:user|credentials)(?:/|$) | debug(?:/|$) | serviceaccount(?:/|$)
    )""",
    re.VERBOSE,
)
_KNOWN_HARMLESS = re.compile(
    r"/etc/passwd-?|/proc/key-users|/sys/kernel/debug/?|/etc/nsswitch\.conf|.*\.pub"
)

_SAMPLES: Final = (
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/sudoers", "/etc/machine.key",
    "/etc/pve/priv", "/etc/pve/priv/token.cfg", "/etc/pve/priv/authkey.key",
    "/etc/pve/pve-www.key", "/etc/pve/nodes/pve/pve-ssl.key", "/etc/pve/local/pve-ssl.key",
    "/etc/pve/ceph.keyring", "/etc/ssh/ssh_host_ed25519_key", "/etc/ssh/ssh_host_rsa_key",
    "/etc/ssl/private", "/etc/ssl/private/site.key", "/etc/wireguard/wg0.conf",
    "/etc/corosync/authkey",
    "/etc/ceph/ceph.client.admin.keyring", "/etc/apt/auth.conf", "/etc/krb5.keytab", "/etc/.env",
    "/etc/letsencrypt/live/site/privkey.pem", "/proc/1/environ", "/proc/self/environ",
    "/proc/1/mem",
    "/proc/kcore", "/proc/kmsg", "/var/lib/pve-cluster/config.db", "/opt/app/.env",
    "/opt/stacks/app/.env", "/srv/app/.env", "/dev/mem", "/dev/sda",
)  # fmt: skip
_OPEN_FOLDERS: Final = (
    "/var/log", "/sys/class", "/sys/devices", "/sys/block", "/sys/bus", "/sys/module",
    "/sys/fs/cgroup", "/sys/firmware", "/sys/power", "/sys/kernel/mm",
    "/etc/pve/qemu-server", "/etc/pve/lxc", "/etc/pve/firewall", "/etc/pve/ha", "/etc/pve/sdn",
    "/etc/pve/mapping", "/etc/apt/sources.list.d", "/etc/apt/preferences.d", "/etc/apt/apt.conf.d",
    "/etc/network", "/etc/systemd", "/etc/modprobe.d", "/etc/modules-load.d", "/etc/sysctl.d",
    "/etc/cron.d", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.hourly", "/etc/cron.monthly",
    "/etc/logrotate.d", "/etc/udev", "/etc/chrony", "/etc/default", "/etc/grub.d",
    "/etc/ld.so.conf.d", "/etc/rsyslog.d", "/etc/vzdump.conf.d", "/usr/share", "/usr/lib",
    "/lib/systemd", "/proc/sys", "/proc/net", "/proc/irq", "/proc/spl", "/proc/driver", "/boot",
    "/var/lib/dpkg", "/var/lib/apt", "/var/lib/pve-manager",
)  # fmt: skip
_NODE_CONFIGS = re.compile(r"/etc/pve/nodes/[^/]+/(?:qemu-server|lxc)(?:/|$)")
_PROC_FILES = re.compile(
    r"/proc/[^/]+/(?:status|stat|statm|cmdline|comm|limits|io|mountinfo|mounts|cgroup|loginuid"
    r"|oom_score|oom_score_adj|sched|schedstat|wchan|uid_map)"
)


def tidy_path(word: str) -> str:
    """The path without `//`, `/./` and `/../`; a word that is no path comes back as it is."""
    path = as_written(word)
    if "/" not in path:
        return path
    path = posixpath.normpath(path)
    return path[1:] if path.startswith("//") else path


@lru_cache(maxsize=4096)
def is_credential(word: str) -> bool:
    """Whether the word names a password database, a private key or what equals one."""
    path = tidy_path(word)
    if _KNOWN_HARMLESS.fullmatch(path):
        return False
    return bool(_CREDENTIALS.search(path))


@lru_cache(maxsize=4096)
def refuses_reading(word: str) -> str | None:
    """Why what this word names is not read without asking; None when it may be.

    A glob is refused unless nothing it can stand for is private.
    """
    path = tidy_path(word)
    if UNKNOWN in word:
        return "it is not known which file is meant"
    if _KNOWN_HARMLESS.fullmatch(path):
        return None
    if _CREDENTIALS.search(path) or _PRIVATE.search(path):
        return f"{path} may hold secrets"
    if path == "/dev" or (path.startswith("/dev/") and path != "/dev/null"):
        return f"{path} is a device"
    return _refuses_glob(word) if has_glob(word) else None


def _refuses_glob(word: str) -> str | None:
    path = tidy_path(word)
    first = min(word.index(mark) for mark in GLOBS.values() if mark in word)
    root = as_written(word[:first])
    if ".." in path:
        return f"{path} leaves its folder"
    if is_open(root.rpartition("/")[0]) or _PROC_FILES.fullmatch(path):
        return None
    if not root.startswith(("/", "./")) and not root:
        return f"{path} may become an option, or any file of the folder"
    if any(fnmatchcase(sample, path) for sample in _SAMPLES) or _NODE_CONFIGS.match(path):
        return None if _NODE_CONFIGS.match(path) else f"{path} can stand for a secret"
    if root.count("/") < 2:
        return f"{path} can stand for too much"
    return None


def is_open(folder: str) -> bool:
    """Whether everything below the folder may be read, as by a recursive search."""
    path = tidy_path(folder)
    if ".." in path or _CREDENTIALS.search(path):
        return False
    if _NODE_CONFIGS.match(path):
        return True
    return any(path == one or path.startswith(f"{one}/") for one in _OPEN_FOLDERS)
