"""Which files hold secrets: those nobody may have read out, and those a person is asked about."""

import posixpath
import re
from functools import lru_cache
from typing import Final

from services.safety.ground import HOME, Ground
from services.safety.readable import NODE_CONFIGS, PROC_FILES, below_open, is_readable
from services.safety.words import BRACKET, QUERY, STAR, UNKNOWN, as_written, has_glob

_CREDENTIALS = re.compile(
    r"""(?:^|/)(?:
      etc/(?:shadow|gshadow)-?$ | (?:g?shadow-?|opasswd)(?:\.[\w.]+)?$
      | id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$ | ssh_host_\w+_key$
      | (?:etc/)?pve/priv(?:/|$) | priv/(?:authkey|token|tfa|shadow|known_hosts|ceph|storage|acme)
      | authkey(?:\.key)?$ | pve-(?:ssl|root-ca|www)\.key$
      | pveproxy-ssl\.key$ | pve-cluster/(?:config\.db|backup/.)
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
      | [^/]*\.(?:keys?|keytab|p12|pfx|jks|kdbx|ovpn|gpg|asc|age|keystore|pgpass|htpasswd)$
      | [^/]*(?:priv|key)[^/]*\.pem$ | [^/]*[-_]key$ | tokens?(?:\.\w+)?$ | \.vault-token$
      | \.ssh(?:/|$) | \.gnupg(?:/|$) | \.aws(?:/|$) | \.kube(?:/|$) | \.docker/config\.json$
      | \.config(?:/|$) | \.(?:netrc|pgpass|my\.cnf|git-credentials|npmrc|pypirc|htpasswd|age)$
      | \.?\w*_history$ | wp-config\.php$ | auth\.conf(?:\.d(?:/|$)|$) | sudoers(?:\.d(?:/|$)|$)
      | wireguard(?:/|$) | openvpn(?:/|$) | wpa_supplicant(?:/|\.|$) | system-connections(?:/|$)
      | NetworkManager(?:/|$) | ppp(?:/|$) | letsencrypt(?:/|$) | acme(?:/|$) | tailscale(?:/|$)
      | vaultwarden(?:/|$) | [^/]*\.(?:sqlite3?|t?db|dump|core)(?:-wal|-shm|-journal)?$
      | [^/]*\.sql(?:\.\w+)?$ | lib/pve-cluster(?:/|$)
      | (?:tfa|token)\.(?:json|cfg|shadow)$ | remote\.cfg$ | [^/]*-priv\.cfg$
      | (?:ipams|dns)\.cfg$ | domains\.cfg$
      | kubernetes/[^/]*\.conf$ | k3s\.yaml$ | kubeconfig[^/]*$ | node-token$ | \.?smbcreds[^/]*$
      | [^/]*creds?(?:\.\w+)?$ | \.?msmtprc$ | \.?fetchmailrc$ | upsd\.users$ | upsmon\.conf$
      | chap-secrets$ | pap-secrets$ | [^/]*\.(?:netdev|nmconnection|psk|wg)$ | wg\d*\.conf$
      | iscsid\.conf$ | zed\.rc$ | debian\.cnf$ | rclone\.conf$ | \.boto$ | \.s3cfg$ | \.pgpass$
      | docker/containers(?:/|$) | trace_pipe(?:_raw)?$
      | proc/(?:[^/]+/)+(?:environ|mem|maps|fd|cwd|root|auxv)(?:/|$) | proc/(?:kmsg|kallsyms)$
      | run/(?:user|credentials)(?:/|$) | debug(?:/|$) | serviceaccount(?:/|$)
    )""",
    re.VERBOSE,
)
_KNOWN_HARMLESS = re.compile(
    r"/etc/passwd-?|/proc/key-users|/sys/kernel/debug/?|/etc/nsswitch\.conf|[^*?\[]*\.pub"
)
_WITHIN: Final = (
    "/etc/pve/sdn/ipams.cfg", "/etc/pve/sdn/dns.cfg", "/etc/systemd/network/wg0.netdev",
    "/etc/chrony/chrony.keys", "/proc/sys/net/ipv4/tcp_fastopen_key",
    "/proc/sys/net/ipv6/conf/all/stable_secret",
)  # fmt: skip
"""Secrets that lie in folders which are open otherwise."""


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


def refuses_naming(word: str, ground: Ground) -> str | None:
    """Why a word that may be a file's name is asked about, wherever it is used."""
    if why := _refuses_name(word) or ground.of_telling(_refuses_glob(word)):
        return why
    return None if word[:1] in ("/", "~") else _refuses_name(f"{ground.folder}/{word}")


def refuses_reading(word: str, ground: Ground) -> str | None:
    """Why the content of what this word names is not told without asking; None when it may be.

    It must lie where nothing is private, and be told by its name: neither `..` nor, elsewhere, a
    glob may lead the way, since the shell and the links of the node say where those end.
    """
    if word == "-":
        return None
    if ground.effects_only:
        return refuses_naming(word, ground)
    if word.startswith("~"):
        word = HOME + word.removeprefix("~").removeprefix("root")
    return _refuses_content(word if word.startswith("/") else f"{ground.folder}/{word}")


@lru_cache(maxsize=4096)
def _refuses_name(word: str) -> str | None:
    path = tidy_path(word)
    if UNKNOWN in word:
        return "it is not known which file is meant"
    if _KNOWN_HARMLESS.fullmatch(path):
        return None
    if _CREDENTIALS.search(path) or _PRIVATE.search(path):
        return f"{path} may hold secrets"
    if path == "/dev" or (path.startswith("/dev/") and path != "/dev/null"):
        return f"{path} is a device"
    return None


@lru_cache(maxsize=4096)
def _refuses_content(word: str) -> str | None:
    path = tidy_path(word)
    if ".." in word.split("/"):
        return f"{as_written(word)} leaves its folder"
    if why := _refuses_name(word):
        return why
    if has_glob(word):
        return _refuses_glob(word)
    if path == "/dev/null" or _KNOWN_HARMLESS.fullmatch(path):
        return None
    return None if is_readable(path) else f"{path} is not among the files that are open to all"


def _refuses_glob(word: str) -> str | None:
    path = tidy_path(word)
    if not has_glob(word):
        return None
    # bash knows [^x], [[:alpha:]] and ranges of its own, and no second reader of those is at hand.
    if BRACKET in word:
        return f"{path} can stand for too much"
    first = min(word.index(mark) for mark in (STAR, QUERY) if mark in word)
    root = as_written(word[:first])
    if ".." in path:
        return f"{path} leaves its folder"
    if not root:
        return f"{path} may become an option, or any file of the folder"
    if PROC_FILES.fullmatch(path) or NODE_CONFIGS.match(path):
        return None
    if not below_open(tidy_path(root.rpartition("/")[0] or "/")):
        return f"{path} can stand for too much"
    tidy = re.sub(r"/(?:\.?/)+", "/", word)
    shape = "".join({STAR: "[^/]*", QUERY: "[^/]"}.get(one, re.escape(one)) for one in tidy)
    met = any(re.match(rf"{shape}(?:/|\Z)", sample) for sample in _WITHIN)
    return f"{path} can stand for a secret" if met else None


def is_open(folder: str) -> bool:
    """Whether everything below the folder may be read, as by a recursive search."""
    path = tidy_path(folder)
    if ".." in folder.split("/") or has_glob(folder) or UNKNOWN in folder:
        return False
    if _CREDENTIALS.search(path) or _PRIVATE.search(path) or not below_open(path):
        return False
    return not any(sample.startswith(f"{path}/") for sample in _WITHIN)
