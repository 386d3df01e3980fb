"""The one place where words become a line for a remote shell; nothing else builds one.

SSH knows no argument vectors: what is sent is one text, which the login shell of the other side
reads. So every word is quoted here, and the line looks the same for every command:

    timeout -k 5 35 env LC_ALL=C JARVIS_CALL=6f1c… sensors -j

`timeout` ends the command and its process group even where Jarvis or the connection is gone by
then. The marker makes the one process findable that has to be told to end: OpenSSH passes no signal
on to a command of root, and closing the channel ends nothing. Only `timeout` and its process group
are killed, so that what a command has started for good, such as the process of a guest, lives on.
"""

import re
import shlex
from collections.abc import Sequence

from services.nodes.errors import CommandUnspeakable

MARKER = "JARVIS_CALL"
KILL_AFTER_S = 5
"""What does not end when it is asked to is killed after this long."""
REMOTE_GRACE_S = 5.0
"""The other side's own limit is this much later than ours, which is the one that is told."""
LONGEST_LINE_BYTES = 120_000
"""Linux takes 128 KiB for one argument, and the whole line is one."""
TOLD_LENGTH = 120
READ_BYTES = 1024**3
"""Of memory, for each process of a command that only reads."""

_CALL = re.compile(r"[0-9a-f]{16,64}")

_KILL = """\
for try in 1 2 3; do
  pids=$(pgrep -f -- "$1")
  [ -n "$pids" ] && break
  sleep 0.2
done
[ -n "$pids" ] || exit 0
signal=TERM
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  for pid in $pids; do
    [ -n "$signal" ] && kill -s $signal -- "-$pid" 2>/dev/null
  done
  signal=
  sleep 0.1
  left=
  for pid in $pids; do
    ps -eo pgid=,stat= | grep -q "^ *$pid  *[^ Z]" && left=1
  done
  [ -n "$left" ] || exit 0
  [ $try = 9 ] && signal=KILL
done
exit 1
"""


def in_bash(command: str) -> tuple[str, ...]:
    """The words that have bash run a whole command line."""
    return ("bash", "-c", command)


def in_held_bash(command: str) -> tuple[str, ...]:
    """The same for a line that was not asked about, since it only reads.

    It cannot take a node's memory from the guests: each process has a bound, and where the kernel
    runs short all the same, these are the first to go.
    """
    return ("choom", "-n", "1000", "--", "prlimit", f"--data={READ_BYTES}", *in_bash(command))


def quote(argv: Sequence[str]) -> str:
    """The words alone, each quoted: for what runs in a terminal, which ends with it.

    Raises CommandUnspeakable.
    """
    words = [argv] if isinstance(argv, str) else list(argv)
    if isinstance(argv, str) or not words or not words[0]:
        raise CommandUnspeakable("a command is a list of words, of which the first is its name")
    for word in words:
        if "\x00" in word:
            raise CommandUnspeakable("a word of it holds a NUL character")
    line = " ".join(shlex.quote(word) for word in words)
    try:
        length = len(line.encode())
    except UnicodeEncodeError:
        raise CommandUnspeakable("a word of it is no text that UTF-8 can write") from None
    if length > LONGEST_LINE_BYTES:
        raise CommandUnspeakable(f"it is {length} bytes long, and {LONGEST_LINE_BYTES} are taken")
    return line


def command_line(argv: Sequence[str], *, call: str, timeout_s: float) -> str:
    """The line that runs `argv` in the C locale, marked with `call`, for so long at most.

    Raises CommandUnspeakable.
    """
    limit_s = f"{timeout_s + REMOTE_GRACE_S:g}"
    around = ["timeout", "-k", str(KILL_AFTER_S), limit_s, "env", "LC_ALL=C"]
    return quote([*around, f"{MARKER}={_checked(call)}", *_not_empty(argv)])


def kill_line(call: str) -> str:
    """The line that ends the command marked with `call` and its process group, within seconds."""
    first, rest = _checked(call)[0], call[1:]
    # The brackets keep the pattern from finding the very processes that look for it.
    return quote(["sh", "-c", _KILL, "jarvis", f"{MARKER}=[{first}]{rest}"])


def told_command(argv: Sequence[str]) -> str:
    """The command as a person reads it, in one line of bounded length."""
    words = list(argv)
    line = words[-1] if tuple(words[-3:-1]) == ("bash", "-c") else shlex.join(words)
    line = " ".join(line.split())
    return line if len(line) <= TOLD_LENGTH else f"{line[: TOLD_LENGTH - 1]}…"


def _checked(call: str) -> str:
    if not _CALL.fullmatch(call):
        raise CommandUnspeakable("its marker is none")
    return call


def _not_empty(argv: Sequence[str]) -> list[str]:
    quote(argv)
    return list(argv)
