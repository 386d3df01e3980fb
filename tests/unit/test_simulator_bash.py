"""The simulated bash, held against the real one: the same line, the same output and status."""

import asyncio
import os
import shutil
import subprocess

import pytest

from simulator.ssh.shell.arithmetic import evaluate
from simulator.ssh.shell.grammar import Malformed, Unfinished
from simulator.ssh.shell.layout import in_columns, place_after, shown_width
from simulator.ssh.shell.parser import parse
from tests.support.shells import Shells

BASH = shutil.which("bash")

LINES = {
    "words and quotes": r"""echo a  b 'c  d' "e  f" g\ h "it's" 'say "hi"'""",
    "a variable": 'x=3; echo $x "${x}y" \'$x\' ${#x}',
    "a default": 'echo ${nope:-fallback} ${nope-other} "${HOME:+set}"',
    "an assignment by default": "echo ${made:=yes} $made",
    "prefixes and suffixes": 'p=/a/b.tar.gz; echo ${p##*/} ${p#*/} ${p%.*} ${p%%.*} ${p/a/z}',
    "conditions": (
        'x=abc; [[ -d / && 3 -gt 2 ]] && echo 1; [[ $x == a* ]] && echo 2; [[ $x == "a*" ]];'
        " echo $?; [[ $x =~ ^a.c$ && ! -e /no ]] && echo 4; [[ -z $no || $x < b ]] && echo 5"
    ),
    "a slice": "w=homelab; echo ${w:0:4} ${w:4}",
    "a status": "false; echo $?; true; echo $?",
    "lists": "true && echo yes || echo no; false && echo yes || echo no",
    "a negation": "! true; echo $?; if ! false; then echo well; fi",
    "a pipe": "printf 'b\\na\\nc\\n' | sort | head -n 2",
    "the last of a pipe counts": "false | true; echo $?",
    "pipefail": "set -o pipefail; false | true; echo $?",
    "errexit": "set -e; echo before; false; echo after",
    "nounset": "set -u; echo ${HOME:+x}; echo $nope; echo after",
    "a substitution": 'echo "$(echo "a b")" $(printf \'1\\n2\\n\') `echo back`',
    "arithmetic": "a=7; echo $((a*3%5)) $((1<<4)) $(( (2+3)*4 )) $((a>5?1:0)) $((-7/2)) $((2**10))",
    "a loop": "for i in a b c; do echo -n $i; done; echo",
    "a loop over numbers": "for i in {1..4}; do printf '%d.' $i; done; echo",
    "while and break": "n=0; while true; do n=$((n+1)); [ $n -gt 3 ] && break; echo $n; done",
    "until and continue": (
        "n=0; until [ $n -ge 4 ]; do n=$((n+1)); [ $n = 2 ] && continue; echo $n; done"
    ),
    "if and elif": "x=2; if [ $x = 1 ]; then echo 1; elif [ $x = 2 ]; then echo 2; else echo 3; fi",
    "case": "for w in ab bean 4; do case $w in a*) echo A;; b?an) echo B;; *) echo o;; esac; done",
    "a function": 'greet() { echo "hi $1 of $#"; return 3; }; greet you two; echo $?',
    "a subshell": "x=1; (x=2; echo $x); echo $x; { x=3; }; echo $x",
    "here-document": "cat <<END\nhome is $HOME\nEND\ncat <<'END'\nnot $HOME\nEND",
    "here-string": "cat <<< 'a b'",
    "redirections": "echo out; echo err >&2; { echo a; echo b >&2; } 2>/dev/null",
    "both into one": "{ echo a; echo b >&2; } 2>&1 | sort",
    "braces": "echo {a,b}{1,2} x{3..1} {only}",
    "tests": "[ -n a ] && [ ! -z a ] && [ 3 -lt 5 ] && [ a != b ] && test -d / && echo all",
    "arguments": "set -- one two three; echo $# $1 \"$@\"; shift; echo $*",
    "a comment": "echo a # and no more\necho b#c",
    "a line continued": "echo one \\\n  two",
    "read": "printf 'k v w\\n' | { read key rest; echo \"$key=$rest\"; }",
    "while read": "printf '1 a\\n2 b\\n' | while read n w; do echo $w$n; done",
    "printf": "printf '%s=%d %05.2f %x %-4s|\\n' a 7 3.14159 255 ab",
    "echo's escapes": "echo -e 'a\\tb'; echo 'a\\tb'; echo -n end",
    "xargs": "printf 'a b\\nc\\n' | xargs echo got; printf 'x\\ny\\n' | xargs -I{} echo [{}]",
    "nothing there": "nosuchcommand; echo $?",
    "a background job": "{ sleep 0.05; echo late; } & echo soon; wait",
    "exit": "echo a; exit 4; echo b",
    "eval": "c='echo evaluated'; eval $c",
    "deep quotes": """bash -c 'echo "$0 $1"' zero one""",
    "dollars alone": "echo $ 5$ \"$\"",
    "command -v": "command -v cd echo",
    "time limit": "timeout 0.1 sleep 5; echo $?",
    "env": "X=1 bash -c 'echo $X'; env Y=2 bash -c 'echo $Y'; echo ${X-none}",
}  # fmt: skip

TEXT = "root:x:0:0\ndaemon:x:1:1\nbin:x:2:2\nbin:x:2:2\n\nZeta 10\nalpha 9\nbeta 2\n"
FILTERS = (
    "grep bin", "grep -c x", "grep -v x", "grep -n bin", "grep -i ZETA", "grep -o '[0-9]*'",
    "grep -E '^(root|bin)'", "grep 'a\\+'", "grep -w 9", "grep -q nothing", "grep -A1 daemon",
    "grep -B1 -n alpha", "grep -m1 bin", "grep -e root -e beta", "grep -F '.'", "grep -x ''",
    "head -n 2", "head -3", "head -c 6", "head -n -5", "tail -n 2", "tail -3", "tail -n +6",
    "wc -l", "wc -w", "wc -c", "sort", "sort -r", "sort -u", "sort -t: -k3 -n", "sort -k2 -n",
    "uniq", "uniq -c", "uniq -d", "cut -d: -f1", "cut -d: -f1,3", "cut -c1-3", "cut -d: -f2-",
    "tr a-z A-Z", "tr -d x", "tr -s :", "tac", "rev", "cat -n", "sed -n 2p", "sed 's/x/Y/g'",
    "sed '1d;$d'", "sed -n '/bin/p'", "sed -E 's/(b)(i)/\\2\\1/'", "sed '2,4d'", "sed 's|:|/|'",
    "awk '{print $1}'", "awk -F: '{print $3, $1}'", "awk -F: '$3 > 0 {print $1}'",
    "awk '/bin/{print NR\": \"$0}'", "awk 'END{print NR}'", "awk -F: '$1 == \"root\" {print NF}'",
    "nl -b a", "seq 3", "seq 2 2 6", "seq -s , 3", "nl",  "sort -n -r",
)  # fmt: skip


AWK = (
    "{print $1}", "{print $NF, NF}", "NR==2", "NR>1 && /bin/ {print NR\": \"$0}", "END{print NR}",
    "/root/,/bin/", "$2 > 5", "!/x/", "{n++; s += $2} END {print n, s, s/n}",
    "{printf \"%-8s|%5.1f|%d%%\\n\", $1, $2*1.5, NR}",
    "{c[$1]++} END {for (k in c) n+=c[k]; print n}",
    "BEGIN {OFS=\"-\"} {$1=$1; print}", "{$2=\"X\"; print}", "{print length($0), length}",
    "{print substr($0, 2, 3), toupper($1), index($0, \"a\")}", "{gsub(/[0-9]/, \"#\"); print}",
    "{sub(/o+/, \"<&>\"); print $0}", "{print ($2 > 5 ? \"big\" : \"small\")}",
    "BEGIN {x = 3; while (x > 0) {print x; x--} for (i=0;i<3;i++) printf \"%d \", i; print \"\"}",
    "{if ($2 > 9) print \"a\"; else if ($2) print \"b\"; else print \"c\"}",
    "BEGIN {n = split(\"a:b:c\", p, \":\"); print n, p[1] p[3]}", "{print NR % 2, 2^3, -1, !$2}",
    "$1 ~ /^[a-z]+$/ {print} $1 !~ /a/ {next} {print \"then\"}", "NR==3 {exit 2}",
    "BEGIN {if (!(\"k\" in a)) print \"none\"; a[\"k\"]; print length(a); delete a[\"k\"]}",
    "BEGIN {print 1==1.0, \"10\" < \"9\", 10 < 9, 1 \" \" 2, 0.1+0.2, 1e6, 100000*3}",
    "{print $1, $2; print($1)}", "match($0, /[0-9]+/) {print RSTART, RLENGTH}",
    "# nothing\n{print NF}",
)  # fmt: skip


def real(line: str, given: str = "") -> tuple[int, str]:
    """Status and output of the real bash."""
    assert BASH is not None
    environment = {"HOME": "/root", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(
        [BASH, "-c", line],
        input=given,
        capture_output=True,
        text=True,
        env=environment,
        timeout=10,
        check=False,
    )
    return ran.returncode, ran.stdout


@pytest.mark.skipif(BASH is None, reason="no bash beside us")
@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
async def test_a_line_does_what_it_does_in_bash(shells: Shells, line: str) -> None:
    ran = await shells.run(line)

    assert (ran.status, ran.out) == await asyncio.to_thread(real, line)


@pytest.mark.skipif(BASH is None, reason="no bash beside us")
@pytest.mark.parametrize("line", FILTERS)
async def test_a_filter_lets_through_what_the_real_one_does(shells: Shells, line: str) -> None:
    ran = await shells.run(line, given=TEXT)

    assert (ran.status, ran.out) == await asyncio.to_thread(real, line, TEXT)


@pytest.mark.skipif(shutil.which("awk") is None, reason="no awk beside us")
@pytest.mark.parametrize("program", AWK)
async def test_a_program_of_awk_does_what_it_does_in_the_real_one(
    shells: Shells, program: str
) -> None:
    line = f"awk '{program}'"

    ran = await shells.run(line, given=TEXT)

    assert (ran.status, ran.out) == await asyncio.to_thread(real, line, TEXT)


async def test_a_program_of_awk_that_never_ends_is_ended(shells: Shells) -> None:
    ran = await shells.run("awk 'BEGIN { while (1) x++ }'")

    assert (ran.status, ran.err) == (
        2,
        "awk: a record took more steps than this simulated awk allows\n",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("echo )", "syntax error near unexpected token `)'"),
        ("| wc", "syntax error near unexpected token `|'"),
        ("for 1 in a; do b; done", "syntax error near unexpected token `1'"),
        ("a ;; b", "syntax error near unexpected token `;;'"),
    ],
)
def test_what_cannot_be_read_is_refused_in_bashs_words(text: str, told: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse(text)

    assert str(refused.value) == told
    assert not isinstance(refused.value, Unfinished)


@pytest.mark.parametrize(
    "text",
    [
        "echo 'a",
        'echo "a',
        "echo $(ls",
        "if true; then",
        "ls |",
        "a &&",
        "(cd",
        "cat <<E\nx",
        "f() {",
    ],
)
def test_what_waits_for_its_other_half_may_be_completed(text: str) -> None:
    with pytest.raises(Unfinished):
        parse(text)


def test_a_line_nested_too_deep_is_refused_and_not_followed() -> None:
    with pytest.raises(Malformed):
        parse("(" * 500 + "true" + ")" * 500)


async def test_a_function_that_calls_itself_for_ever_is_stopped(shells: Shells) -> None:
    ran = await shells.run("f() { f; }; f; echo alive")

    assert ran.out == "alive\n"
    assert "maximum nesting level exceeded" in ran.err


def test_arithmetic_refuses_what_it_cannot_reckon() -> None:
    assert evaluate("1 + x", {"x": "4"}) == 5
    for wrong in ("1 +", "1 / 0", "(1", "1 2"):
        with pytest.raises(Malformed):
            evaluate(wrong, {})


@pytest.mark.parametrize(
    ("text", "columns", "place"),
    [
        ("abc", 10, (0, 3)),
        ("0123456789", 10, (1, 0)),
        ("0123456789a", 10, (1, 1)),
        ("日本", 3, (1, 2)),
        ("\x1b[01;32mab\x1b[00m", 10, (0, 2)),
        ("a\nb", 10, (1, 1)),
        ("e\u0301", 10, (0, 1)),
    ],
)
def test_the_cursor_stands_behind_what_is_shown(
    text: str, columns: int, place: tuple[int, int]
) -> None:
    assert place_after(text, columns) == place


def test_names_stand_in_as_many_columns_as_there_is_room_for() -> None:
    names = [f"name{number:02d}" for number in range(12)]

    lines = in_columns(names, 40).splitlines()

    assert len(lines) == 3
    assert all(shown_width(line) <= 40 for line in lines)
    assert sorted(" ".join(lines).split()) == names
    assert in_columns(["x" * 50, "y"], 40).splitlines() == ["x" * 50, "y"]


async def test_what_breeds_without_end_is_held_back(shells: Shells) -> None:
    bred = await asyncio.wait_for(shells.run("f() { f | f & }; f; sleep 0.3"), 30)
    async with asyncio.timeout(30):  # until the last of its children has found no room
        while (await shells.run("true | true")).status != 0:
            pass
    held = await asyncio.wait_for(shells.run("yes | sort"), 30)
    after = await asyncio.wait_for(shells.run("echo a | cat"), 30)

    assert "Resource temporarily unavailable" in bred.err or bred.status == 0
    assert held.err == "sort: memory exhausted\n"
    assert after.out == "a\n"
