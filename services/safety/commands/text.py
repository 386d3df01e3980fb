"""Text: searching, cutting, sorting and counting what another command prints."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from services.safety.ground import Ground
from services.safety.rules import (
    expression,
    known,
    matching,
    number,
    open_paths,
    paths,
    pattern,
    seconds,
    text,
    token,
)
from services.safety.specs import Call, Spec, each, spec
from services.safety.words import is_known

_ADDRESS = r"(?:\d+(?:~\d+)?|\$|/(?:[^/\\\n]|\\.)*/I?)"
_SED_COMMAND = re.compile(
    rf"\s*(?:{_ADDRESS}(?:\s*,\s*(?:{_ADDRESS}|\+\d+))?)?\s*!?\s*"
    r"(?:[pdPDgGhHnNxl=F]|[qQ]\d*|s([/|#,:@%+_~!])(?:(?!\1)[^\\\n]|\\.)*\1(?:(?!\1)[^\\\n]|\\.)*\1"
    r"[gpiIM0-9]*|y/(?:[^/\\\n]|\\.)*/(?:[^/\\\n]|\\.)*/)\s*(?:;|\Z)"
)
_AWK_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_AWK_BANNED = re.compile(
    r"\b(?:system|getline|close|ARGV|ARGC|ENVIRON|PROCINFO|SYMTAB|FUNCTAB|fflush)\b|@|(?<!\|)\|(?!\|)"
    r"|>>|\bprintf?\b[^;{}\n]*>"
)
_AWK_ENDLESS = re.compile(
    r"\b(?:for|while)\s*\((?!\s*\w+\s+in\s+\w+\s*\))|\bfunc(?:tion)?\s+\w+\s*\("
)
"""Loops, but that over the keys of an array, and what could call itself."""
_AWK_GROWS = re.compile(
    r"([$\w]+)\s*=(?:[^;}=]*(?<![\w$])\1(?!\w)){2}|%[^a-zA-Z%]*(?:\d{4,}|\*)|\$\d{4,}"
    r"|\bNF\s*[-+*]?=\s*[^=]|\bg?sub\b.*\".*&.*&.*\""
)
_SED_GROWS = re.compile(r"(&|\\[1-9]).*\1|&.*\\[1-9]|\\[1-9].*&")
_JQ_ENDLESS = re.compile(
    r"\b(?:def|repeat|while|until|range|combinations)\b|\.\s*\+\s*\.(?![\w\[\"])|\brecurse\s*\(|\*\s*(?:\d{7,}|\d+e\d)"
)
_JQ_BANNED = re.compile(r"\$ENV|\benv\b|\b(?:import|include|input_filename|debug|halt_error)\b")
_AWK_WRITES = re.compile(r"\bprintf?\b.*>(?!=)")
_PRINTF_STORES = re.compile(r"%[-+ #0-9.*']*[hlLqjzt]*n")


def awk_program(word: str, ground: Ground) -> str | None:
    """Prints and computes; runs nothing, reads and writes no file by itself."""
    if is_known(word):
        bare = _AWK_TEXT.sub('""', word)
        if found := _AWK_BANNED.search(bare):
            return f"the program holds {found[0].strip()[:20]!r}"
        if "/" in word and (found := _AWK_BANNED.search(word)):
            return f"a quote in a pattern could hide {found[0].strip()[:20]!r}"
        if "/" in bare and _AWK_WRITES.search(word):
            return "a pattern could hide where its output goes"
        if "system" in word or "|&" in word:
            return "the program could run a command"
        if found := _AWK_ENDLESS.search(word) or _AWK_GROWS.search(word):
            return ground.of_telling(f"{found[0].strip()[:20]!r} may run or grow without end")
        return expression(word, ground)
    return "the program is not known before it runs"


def sed_script(word: str, ground: Ground) -> str | None:
    """Addresses with p, d, s and the like: neither `e` nor `w` nor `r`."""
    if not is_known(word):
        return "the script is not known before it runs"
    place = 0
    while place < len(word):
        found = _SED_COMMAND.match(word, place)
        if not found or found.end() == place:
            return f"the script holds {word[place : place + 20]!r}"
        bare = found[0].strip(" \t;")
        grows = bare[-1:] in ("D", "G", "H") or (found[1] and _SED_GROWS.search(bare))
        if grows and (why := ground.of_telling(f"{bare[:20]!r} may run or grow without end")):
            return why
        place = found.end()
    return expression(word, ground)


def jq_filter(word: str, ground: Ground) -> str | None:
    """A filter that stays within its input."""
    found = _JQ_BANNED.search(word)
    if found:
        return f"the filter holds {found[0]}"
    endless = _JQ_ENDLESS.search(word)
    why = f"{endless[0].strip()} may run or grow without end" if endless else None
    return known(word, ground) or ground.of_telling(why)


def _searches(call: Call) -> str | None:
    files = call.operands if call.options & {"-e", "--regexp"} else call.operands[1:]
    if call.options & {"-r", "-R", "--recursive", "--dereference-recursive"}:
        if not files:
            return "everything below the current folder would be read"
        return next((why for one in files if (why := open_paths(one, call.ground))), None)
    return next((why for one in files if (why := paths(one, call.ground))), None)


def _searches_below(call: Call) -> str | None:
    return _searches(replace(call, options=call.options | {"-r"}))


def _edits(call: Call) -> str | None:
    files = call.operands
    if not call.options & {"-e", "--expression"}:
        if not call.operands:
            return "there is no script"
        if why := sed_script(call.operands[0], call.ground):
            return why
        files = call.operands[1:]
    return next((why for one in files if (why := paths(one, call.ground))), None)


def _format(word: str, ground: Ground) -> str | None:
    if _PRINTF_STORES.search(word):
        return "the format stores a number"
    wide = re.search(r"%[^a-zA-Z%]*(?:\d{4,}|\*)", word)
    return ground.of_telling("the format is very wide" if wide else None)


def _counts(call: Call) -> str | None:
    """`seq` prints at most a hundred thousand lines."""
    plain = [float(re.sub(r"[A-Za-z]+$", "", one)) for one in call.operands]
    first, step, last = [*([1.0, 1.0, 1.0][: 3 - len(plain)]), *plain]
    if len(plain) == 2:
        first, step = plain[0], 1.0
    many = step == 0 or abs(last - first) / abs(step) > 100_000
    return call.ground.of_telling("it counts very far" if many else None)


def _calculates(call: Call) -> str | None:
    return call.ground.of_telling("what it is to compute is not known")


_NUMBER: Final = matching(r"[+-]?\d{1,15}(?:\.\d+)?", "is no number")
_GREP: Final = (
    "-EFGPivwxyclLnHhoqsbTzZUaI -e: -m: -A: -B: -C: --regexp: --ignore-case --invert-match"
    " --word-regexp --line-regexp --count --color? --colour? --files-with-matches"
    " --files-without-match --max-count: --only-matching --quiet --silent --no-messages"
    " --line-number --with-filename --no-filename --null --text --binary-files: --after-context:"
    " --before-context: --context: --extended-regexp --fixed-strings --perl-regexp --line-buffered"
    " --include: --exclude: --exclude-dir: --no-ignore-case --byte-offset --initial-tab"
)
_TEXTS: Final = {"-e": expression, "--regexp": expression, "--include": text, "--exclude": text}

TEXT: Final[Mapping[str, Spec]] = {
    **each(
        "grep egrep fgrep",
        spec(
            f"{_GREP} -r -R --recursive --dereference-recursive",
            pattern,
            rest=text,
            values=_TEXTS,
            numeric=True,
            check=_searches,
        ),
    ),
    **each(
        "zgrep zegrep zfgrep xzgrep bzgrep zstdgrep",
        spec(_GREP, pattern, rest=text, values=_TEXTS, numeric=True, check=_searches),
    ),
    **each(
        "rg",
        spec(
            "-ivwxcnNHIlLoqsFSUPu -A: -B: -C: -g: -t: -T: -m: -e: --count --files-with-matches"
            " --ignore-case --line-number --no-heading --heading --color: --glob: --type: --hidden"
            " --max-count: --only-matching --fixed-strings --smart-case --no-filename"
            " --max-depth: --word-regexp --invert-match",
            pattern,
            rest=text,
            least=1,
            values=_TEXTS | {"-g": text, "--glob": text},
            check=_searches_below,
        ),
    ),
    **each(
        "awk gawk mawk nawk",
        spec(
            "-F: -v: --field-separator: --assign:",
            awk_program,
            rest=paths,
            least=1,
            values={"-F": text, "-v": text},
        ),
    ),
    "sed": spec(
        "-n -E -r -u -z -s -e: --quiet --silent --regexp-extended --expression: --null-data"
        " --unbuffered --separate --posix --sandbox",
        rest=text,
        values={"-e": sed_script, "--expression": sed_script},
        check=_edits,
    ),
    "jq": spec(
        "-rcnsSMCeaj --raw-output --compact-output --null-input --slurp --sort-keys"
        " --monochrome-output --color-output --exit-status --tab --indent: --join-output",
        jq_filter,
        rest=paths,
    ),
    "sort": spec(
        "-bdfghiMnRrVuzcCms -k: -t: -S: --key: --field-separator: --numeric-sort --reverse"
        " --unique --human-numeric-sort --version-sort --general-numeric-sort --month-sort"
        " --ignore-case --ignore-leading-blanks --stable --check? --sort: --zero-terminated"
        " --parallel: --buffer-size: --debug",
        rest=paths,
    ),
    "uniq": spec(
        "-cdDiuz -f: -s: -w: --count --repeated --unique --ignore-case --skip-fields:"
        " --skip-chars: --check-chars:",
        paths,
        numeric=True,
    ),
    "cut": spec(
        "-sz -n -b: -c: -d: -f: --bytes: --characters: --delimiter: --fields: --only-delimited"
        " --complement --output-delimiter:",
        rest=paths,
        values={"-d": text, "--delimiter": text, "--output-delimiter": text},
    ),
    "tr": spec("-cCdst --complement --delete --squeeze-repeats --truncate-set1", rest=known),
    "column": spec(
        "-txeJL -s: -o: -c: -N: -H: -R: -O: -W: -T: -d -l: --table --separator:"
        " --output-separator: --table-columns: --json --table-name: -n:",
        rest=paths,
        values={"-s": text, "-o": text},
    ),
    "paste": spec("-sz -d: --serial --delimiters:", rest=paths, values={"-d": text}),
    "join": spec("-i -1: -2: -t: -a: -o: -j: -v: -e:", rest=paths),
    **each("fold fmt", spec("-bsctu -w: --width: --spaces --bytes", rest=paths, numeric=True)),
    "pr": spec(
        "-t -l: -w: -h: -n -m -a -d",
        rest=paths,
        numeric=True,
        values=dict.fromkeys(("-l", "-w"), matching(r"\d{1,4}", "is very long")),
    ),
    **each("expand unexpand", spec("-ai -t:", rest=paths)),
    "numfmt": spec(
        "--to: --from: --suffix: --padding: --field: --format: --header? -d:",
        rest=token,
        values={"--padding": matching(r"-?\d{1,3}", "is very wide"), "--format": _format},
    ),
    "xxd": spec("-abEeiuC -c: -g: -l: -s: -p", paths, values={"-s": number}),
    **each(
        "hexdump hd od",
        spec("-abcCdovxX -n: -s: -A: -t: -N: -j: -w? -e: --canonical", rest=paths),
    ),
    "strings": spec("-a -f -n: -t: -e: -o", rest=paths, numeric=True),
    "base64": spec("-d -i -w: --decode --ignore-garbage --wrap:", paths),
    "base32": spec("-d -i -w: --decode --wrap:", paths),
    "look": spec("-df -t:", pattern, rest=paths),
    "ts": spec("-r -i -s -m", rest=text),
    "echo": spec("", rest=text, dashed=True, globs=True),
    "printf": spec("", _format, rest=text, least=1),
    "seq": spec(
        "-w -s: -f: --separator: --equal-width",
        _NUMBER,
        _NUMBER,
        _NUMBER,
        least=1,
        check=_counts,
        values={"-f": _format},
    ),
    **each("true false :", spec("", rest=text)),
    "sleep": spec("", seconds, least=1),
    "expr": spec("", rest=known, dashed=True),
    "bc": spec("-l -q --mathlib --quiet", check=_calculates),
    "iconv": spec("-f: -t: -c -l --from-code: --to-code: --list", rest=paths),
    "cal": spec("-131mysj -A: -B: -n:", rest=token, numeric=True),
    "factor": spec("", rest=matching(r"\d{1,20}", "takes long to factor")),
}
"""Commands on text, by name."""
