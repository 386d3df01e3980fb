"""Files: listing them, telling their state, comparing and unpacking to the screen."""

import re
from collections.abc import Mapping
from typing import Final

from services.safety.ground import Ground
from services.safety.rules import (
    by_word,
    closed_names,
    known,
    matching,
    names,
    number,
    paths,
    text,
    token,
)
from services.safety.secrets import refuses_reading, tidy_path
from services.safety.specs import Call, Spec, Style, each, spec
from services.safety.words import as_written, has_glob, name_set

_WORDS: Final = dict.fromkeys(
    name_set("-name -iname -path -ipath -wholename -iwholename -regex -iregex -lname -ilname"),
    known,
)


@by_word
def _mode(word: str) -> str | None:
    plain = re.fullmatch(r"[-/]?(?:[0-7]{1,4}|[ugoarwxst+=,]+)", word)
    return None if plain else f"{word} is no mode"


def _lists_tar(call: Call) -> str | None:
    """`tar tf x` takes its first word for options even without a dash."""
    lists = call.options & {"-t", "--list"}
    return None if lists else "only a list of an archive's members is read"


def _archive(word: str, ground: Ground) -> str | None:
    return "a colon names another host" if ":" in word else closed_names(word, ground)


_DISK: Final = re.compile(
    r"/dev/(?:sd|vd|xvd|hd|nvme|md|dm-|mapper/|zvol/|zd|loop|disk/|pve/|sr)[\w./:\-]*"
)


def _looks_into_disks(call: Call) -> str | None:
    """`-s` opens what is no file; with some devices, such as a watchdog, that does something."""
    if "-s" not in call.options:
        return None
    if any(has_glob(word) or ".." in word for word in call.operands):
        return "it is not certain which files it would open"
    odd = (word for word in call.operands if not _DISK.fullmatch(tidy_path(word)))
    other = next((word for word in odd if refuses_reading(word, call.ground)), None)
    return f"{as_written(other)} is no disk" if other else None


_DU: Final = "-a -A -b -c -D -d: -h -H -k -L -l -m -P -S -s -x -0 -t: -B:"

FILES: Final[Mapping[str, Spec]] = {
    **each(
        "ls dir vdir",
        spec(
            "-aAbBcCdfFgGhHiklLmnNopqQrRsStuUvxXZ1 -I: -w: -T: --all --almost-all --author"
            " --escape --block-size: --ignore-backups --color? --directory --classify? --format:"
            " --full-time --group-directories-first --no-group --human-readable --si"
            " --dereference --inode --ignore: --hide: --numeric-uid-gid --literal --quote-name"
            " --reverse --recursive --size --sort: --time: --time-style: --width: --context"
            " --zero --file-type --show-control-chars --kibibytes",
            rest=names,
            globs=True,
        ),
    ),
    **each(
        "cat tac",
        spec(
            "-AbeEnstTuv --number --number-nonblank --show-all --show-ends --show-tabs"
            " --squeeze-blank --show-nonprinting",
            rest=paths,
        ),
    ),
    "nl": spec("-p -b: -d: -f: -h: -i: -l: -n: -s: -v: -w: --body-numbering:", rest=paths),
    "rev": spec("", rest=paths),
    "head": spec("-n: -c: -qvz --lines: --bytes: --quiet --verbose", rest=paths, numeric=True),
    "tail": spec("-n: -c: -qvz --lines: --bytes: --quiet --verbose", rest=paths, numeric=True),
    "wc": spec(
        "-clmLw --lines --words --chars --bytes --max-line-length --total:",
        rest=closed_names,
        globs=True,
    ),
    "stat": spec(
        "-L -f -t -c: --format: --printf: --dereference --file-system --terse",
        rest=names,
        globs=True,
    ),
    "file": spec(
        "-bikLsz0 --brief --mime --mime-type --dereference",
        rest=names,
        globs=True,
        check=_looks_into_disks,
    ),
    "du": spec(
        f"{_DU} --all --apparent-size --bytes --total --summarize --human-readable --si"
        " --max-depth: --threshold: --one-file-system --exclude: --time? --time-style:"
        " --block-size: --inodes --separate-dirs --dereference",
        rest=names,
        globs=True,
    ),
    "df": spec(
        "-ahHiklPTv -B: -t: -x: --all --human-readable --si --inodes --local --output?"
        " --portability --print-type --type: --exclude-type: --total --block-size: --sync",
        rest=names,
    ),
    "tree": spec(
        "-adfilpshugDFqNQrtcUvSnACxJX -L: -P: -I: --du --dirsfirst --noreport --prune --si"
        " --filelimit: --sort? --charset: --inodes --device --gitignore --matchdirs",
        rest=names,
    ),
    "find": spec(
        "-L -P -H -maxdepth: -mindepth: -mount -xdev -depth -daystart -follow -noleaf -warn"
        " -nowarn -regextype: -name: -iname: -path: -ipath: -wholename: -iwholename: -regex:"
        " -iregex: -lname: -ilname: -type: -xtype: -size: -empty -newer: -anewer: -cnewer:"
        " -newermt: -newerct: -newerat: -mtime: -mmin: -atime: -amin: -ctime: -cmin: -used:"
        " -user: -group: -uid: -gid: -nouser -nogroup -perm: -readable -writable -executable"
        " -links: -inum: -samefile: -fstype: -true -false -not -a -and -o -or -prune -quit -print"
        " -print0 -printf: -ls -context:",
        rest=names,
        style=Style.WHOLE,
        values=_WORDS | {"-perm": _mode, "-printf": text, "-newermt": text},
        globs=False,
    ),
    **each("locate plocate mlocate", spec("-i -c -b -e -r: -l: -n: -A -w -q", rest=known)),
    **each(
        "md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum",
        spec("-b -t -z -a: --tag --quiet --status --binary --text", rest=closed_names),
    ),
    "diff": spec(
        "-aBbciNqsuwyEZtT -U: -C: -W: -x: -I: --brief --unified? --side-by-side"
        " --color? --ignore-all-space --ignore-blank-lines --suppress-common-lines --width:",
        rest=paths,
    ),
    "sdiff": spec("-s -w: -b -B -i -W", rest=paths),
    "cmp": spec("-b -l -s -n: -i: --silent --quiet", rest=paths),
    "comm": spec("-123 --total --check-order --nocheck-order", rest=paths),
    "readlink": spec("-femnqsvz --canonicalize", rest=names),
    "realpath": spec("-emLPqsz --relative-to: --relative-base:", rest=names),
    **each("basename", spec("-az -s: --suffix: --multiple", rest=text)),
    "dirname": spec("-z --zero", rest=text),
    "namei": spec("-lmnovx", rest=names),
    "getfacl": spec("-acdeEsRLPtpn", rest=names),
    "lsattr": spec("-adlpRvV", rest=names),
    "getfattr": spec("-d -n: -m: -R -h --absolute-names", rest=names),
    "getcap": spec("-r -v -n", rest=names),
    "pathchk": spec("-pP", rest=names),
    "tar": spec(
        "-tvzjJa -f: --list --verbose --file: --gzip --xz --bzip2 --zstd -C: --wildcards"
        " --exclude: --full-time --numeric-owner",
        rest=paths,
        values={"-f": _archive, "--file": _archive},
        check=_lists_tar,
    ),
    "unzip": spec("-l -v -Z -t -q", closed_names, rest=known, needs="-l|-v|-Z|-t"),
    "zipinfo": spec("-1smlvht", closed_names, rest=known),
    **each("zcat xzcat bzcat zstdcat lzcat lz4cat", spec("-q -f", rest=paths, least=1)),
    **each(
        "gzip xz bzip2", spec("-l -v -q --list --verbose", rest=closed_names, needs="-l|--list")
    ),
    "mountpoint": spec("-dqx", rest=names),
    "lsof": spec(
        "-nPUbKlRtTVwNO -i? -p: -u: -c: -d: -a -g? -s? -S? -F? -E",
        rest=matching(r"(?!\+[rm])[\w/:@.,+\-]+", "may repeat without end"),
    ),
    **each("fuser", spec("-amuv46 -n:", rest=names)),
    "exa": spec("-laTRrsdhHgimSUGF1x --tree --long --all --icons", rest=names, globs=True),
    **each(
        "openssl",
        spec(
            "-in: -noout -text -dates -startdate -enddate -subject -issuer -fingerprint -serial"
            " -sha256 -sha1 -checkend: -inform: -nameopt: -ext: -purpose -email -hash -modulus"
            " -pubkey",
            rest=token,
            least=1,
            needs="-noout|-text",
            style=Style.WHOLE,
            values={"-checkend": number, "-in": _archive},
            check=lambda call: (
                None
                if list(call.operands) in (["x509"], ["crl"], ["req"])
                else "only the public parts of a certificate are read"
            ),
        ),
    ),
}
"""Commands on files, by name."""
