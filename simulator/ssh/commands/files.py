"""Looking at files and folders, and the little that one changes by hand."""

import fnmatch
import hashlib
import posixpath
import stat
import time
from collections.abc import Callable, Iterator

from simulator.ssh.figures import sizes
from simulator.ssh.files.tree import NOT_THERE, Entry, Missing, normal
from simulator.ssh.shell.layout import in_columns
from simulator.ssh.shell.state import Call

from .options import Options, Usage, number_of, read_options
from .registry import command
from .texts import open_file

_BLUE, _CYAN, _GREEN, _YELLOW, _RED = "01;34", "01;36", "01;32", "40;33;01", "01;31"
_ARCHIVES = (".zst", ".gz", ".xz", ".tar", ".zip")


@command("ls", "dir")
async def ls(call: Call) -> int:
    options, paths = read_options(
        call,
        "alAhdrtS1RFinkC",
        ("all", "almost-all", "human-readable", "directory", "reverse", "color=", "recursive"),
        status=2,
    )
    status = 0
    files, folders = [], []
    for path in paths or ["."]:
        real = normal(path, call.shell.cwd)
        follow = not options.has("-d", "--directory", "-l")
        entry = call.machine.files.find(real, follow=follow) or call.machine.files.find(
            real, follow=False
        )
        if entry is None:
            await call.complain(f"{call.name}: cannot access '{path}': {NOT_THERE}")
            status = 2
            continue
        target = call.machine.files.find(real) if path.endswith("/") or not entry.is_link else entry
        if target is not None and target.is_folder and not options.has("-d", "--directory"):
            folders.append((path, target))
        else:
            files.append((path, entry))
    if files:
        await _list(call, options, files)
    for index, (path, entry) in enumerate(folders):
        if len(folders) + len(files) > 1:
            await call.say(f"{chr(10) if index or files else ''}{path}:\n")
        await _list_folder(call, options, entry)
    return status


async def _list_folder(call: Call, options: Options, folder: Entry) -> None:
    files = call.machine.files
    shown = []
    for name in files.names(folder.path):
        entry = files.find(posixpath.join(folder.path, name), follow=False)
        if entry is not None and (
            options.has("-a", "-A", "--all", "--almost-all") or name[0] != "."
        ):
            shown.append((name, entry))
    if options.has("-a", "--all"):
        parent = files.find(posixpath.dirname(folder.path)) or folder
        shown = [(".", folder), ("..", parent), *shown]
    if options.has("-l"):
        blocks = sum(-(-entry.size_bytes // 4096) * 4 for _, entry in shown)
        await call.say(f"total {sizes(blocks * 1024) if options.has('-h') else blocks}\n")
    await _list(call, options, shown)


async def _list(call: Call, options: Options, shown: list[tuple[str, Entry]]) -> None:
    if options.has("-t"):
        shown = sorted(shown, key=lambda one: -one[1].changed_at)
    if options.has("-S"):
        shown = sorted(shown, key=lambda one: -one[1].size_bytes)
    if options.has("-r", "--reverse"):
        shown = shown[::-1]
    when = options.first("--color", default="never")
    coloured = when == "always" or (when == "auto" and call.screen is not None)
    names = [_named(call, name, entry, coloured=coloured) for name, entry in shown]
    if options.has("-l"):
        human = options.has("-h", "--human-readable")
        lengths = [sizes(e.size_bytes) if human else str(e.size_bytes) for _, e in shown]
        width = max(map(len, lengths), default=1)
        for (_, entry), name, length in zip(shown, names, lengths, strict=True):
            await call.say(_long(call, entry, name, length.rjust(width)))
    elif call.screen is not None and not options.has("-1"):
        await call.say(in_columns(names, call.screen.columns))
    else:
        await call.say("".join(f"{name}\n" for name in names))


def _named(call: Call, name: str, entry: Entry, *, coloured: bool) -> str:
    if not coloured:
        return name
    colour = ""
    if entry.is_folder:
        colour = _BLUE
    elif entry.is_link:
        colour = _CYAN
    elif stat.S_ISBLK(entry.mode) or stat.S_ISCHR(entry.mode):
        colour = _YELLOW
    elif entry.mode & 0o111:
        colour = _GREEN
    elif name.endswith(_ARCHIVES):
        colour = _RED
    return f"\x1b[{colour}m{name}\x1b[0m" if colour else name


def _long(call: Call, entry: Entry, name: str, length: str) -> str:
    told = call.machine.world.told(entry.changed_at)
    now = call.machine.world.told(call.machine.world.now)
    recent = now - told < 180 * 86_400
    when = time.strftime("%b %e %H:%M" if recent else "%b %e  %Y", time.gmtime(told))
    group = "www-data" if entry.path.startswith("/etc/pve") else "root"
    links = 2 if entry.is_folder else 1
    arrow = f" -> {entry.target}" if entry.target is not None else ""
    return f"{stat.filemode(entry.mode)} {links} root {group} {length} {when} {name}{arrow}\n"


@command("stat")
async def stat_(call: Call) -> int:
    options, paths = read_options(call, "c:Lf", ("format=",))
    for path in paths:
        entry = call.machine.files.find(normal(path, call.shell.cwd), follow=options.has("-L"))
        if entry is None:
            return await call.fail(f"cannot statx '{path}': {NOT_THERE}")
        told = call.machine.world.told(entry.changed_at)
        when = time.strftime("%Y-%m-%d %H:%M:%S.000000000 +0000", time.gmtime(told))
        shape = options.first("-c", "--format")
        if shape:
            for letter, value in (
                ("%s", str(entry.size_bytes)),
                ("%n", path),
                ("%Y", str(told)),
                ("%y", when),
                ("%a", f"{stat.S_IMODE(entry.mode):o}"),
                ("%A", stat.filemode(entry.mode)),
                ("%U", "root"),
                ("%G", "root"),
                ("%F", _kind(entry)),
            ):
                shape = shape.replace(letter, value)
            await call.say(f"{shape}\n")
            continue
        await call.say(
            f"  File: {path}\n  Size: {entry.size_bytes:<10}\tBlocks: {entry.size_bytes // 512:<10}"
            f" IO Block: 4096   {_kind(entry)}\n"
            f"Access: ({stat.S_IMODE(entry.mode):04o}/{stat.filemode(entry.mode)})"
            f"  Uid: (    0/    root)   Gid: (    0/    root)\nModify: {when}\n"
        )
    return 0


def _kind(entry: Entry) -> str:
    if entry.is_folder:
        return "directory"
    if entry.is_link:
        return "symbolic link"
    if stat.S_ISBLK(entry.mode):
        return "block special file"
    return "regular file" if entry.size_bytes else "regular empty file"


@command("readlink", "realpath")
async def readlink(call: Call) -> int:
    options, paths = read_options(call, "femnsz", ("canonicalize",))
    for path in paths:
        real = normal(path, call.shell.cwd)
        if call.name == "realpath" or options.has("-f", "-e", "-m", "--canonicalize"):
            entry = call.machine.files.find(real)
            await call.say(f"{entry.path if entry is not None else real}\n")
            continue
        entry = call.machine.files.find(real, follow=False)
        if entry is None or entry.target is None:
            return 1
        await call.say(f"{entry.target}\n")
    return 0


_Test = Callable[[str, Entry], bool]


@command("find")
async def find(call: Call) -> int:
    """By name, kind, size, age and depth; what would change anything is not there."""
    words = list(call.rest)
    roots = []
    while words and not words[0].startswith(("-", "(", "!")):
        roots.append(words.pop(0))
    tests: list[_Test] = []
    deepest = 100
    while words:
        test = words.pop(0)
        if test in ("-print", "-xdev"):
            continue
        if not words:
            raise Usage(f"missing argument to `{test}'")
        value = words.pop(0)
        if test == "-maxdepth" and value.isdigit():
            deepest = int(value)
        else:
            tests.append(_test(call, test, value))
    for root in roots or ["."]:
        entry = call.machine.files.find(normal(root, call.shell.cwd), follow=False)
        if entry is None:
            return await call.fail(f"'{root}': {NOT_THERE}")
        for path, one in _walk(call, root, entry, deepest):
            if all(test(path, one) for test in tests):
                await call.say(f"{path}\n")
    return 0


def _test(call: Call, test: str, value: str) -> _Test:
    """One of find's tests. Raises Usage for those it does not know."""
    match test:
        case "-name" | "-iname":
            folded = test == "-iname"
            return lambda path, _: _fits(posixpath.basename(path), value, folded)
        case "-path":
            return lambda path, _: _fits(path, value, False)
        case "-type":
            kinds = {"directory": "d", "symbolic link": "l", "block special file": "b"}
            return lambda _, entry: kinds.get(_kind(entry), "f") in value.split(",")
        case "-size":
            limit, sign = number_of(call, value.lstrip("+-").replace("c", "")), value[:1]
            return lambda _, entry: _compares(entry.size_bytes, limit, sign)
        case "-mtime" | "-mmin":
            unit_s = 86_400 if test == "-mtime" else 60
            limit, sign = number_of(call, value.lstrip("+-")), value[:1]
            now = call.machine.world.now
            return lambda _, entry: _compares(int((now - entry.changed_at) / unit_s), limit, sign)
    raise Usage(f"this simulated find does not know `{test}'")


def _compares(value: int, limit: int, sign: str) -> bool:
    """`+5` is more, `-5` is less, and `5` is just that."""
    return value > limit if sign == "+" else value < limit if sign == "-" else value == limit


def _fits(name: str, wanted: str, folded: bool) -> bool:
    if folded:
        name, wanted = name.lower(), wanted.lower()
    return fnmatch.fnmatchcase(name, wanted)


def _walk(call: Call, path: str, entry: Entry, deepest: int) -> Iterator[tuple[str, Entry]]:
    yield path, entry
    if not entry.is_folder or deepest == 0:
        return
    for name in call.machine.files.names(entry.path):
        inner = call.machine.files.find(posixpath.join(entry.path, name), follow=False)
        if inner is not None:
            yield from _walk(call, f"{path.rstrip('/')}/{name}", inner, deepest - 1)


@command("du")
async def du(call: Call) -> int:
    options, paths = read_options(
        call, "shacxd:bkm", ("summarize", "human-readable", "max-depth=", "total", "bytes")
    )
    human = options.has("-h", "--human-readable")
    for path in paths or ["."]:
        entry = call.machine.files.find(normal(path, call.shell.cwd))
        if entry is None:
            return await call.fail(f"cannot access '{path}': {NOT_THERE}")
        held = sum(one.size_bytes for _, one in _walk(call, path, entry, 30) if not one.is_link)
        shown = sizes(held) if human else str(-(-held // 1024))
        await call.say(f"{shown}\t{path}\n")
    return 0


@command("file")
async def file(call: Call) -> int:
    _, paths = read_options(call, "bLk")
    for path in paths:
        entry = call.machine.files.find(normal(path, call.shell.cwd), follow=False)
        if entry is None:
            what = f"cannot open `{path}' ({NOT_THERE})"
        elif entry.is_folder or entry.is_link:
            what = _kind(entry) if entry.target is None else f"symbolic link to {entry.target}"
        elif entry.path.startswith("/usr/") and entry.mode & 0o111:
            what = "ELF 64-bit LSB pie executable, x86-64"
        else:
            what = "ASCII text" if entry.size_bytes else "empty"
        await call.say(f"{path}: {what}\n")
    return 0


@command("md5sum", "sha1sum", "sha256sum", "sha512sum")
async def digest(call: Call) -> int:
    _, paths = read_options(call, "bt")
    for path in paths or ["-"]:
        hasher = hashlib.new(call.name.removesuffix("sum"), usedforsecurity=False)
        source = open_file(call, path)
        while chunk := await source.read():
            hasher.update(chunk)
        await call.say(f"{hasher.hexdigest()}  {path}\n")
    return 0


@command("touch", "mkdir", "rm", "rmdir")
async def change(call: Call) -> int:
    options, paths = read_options(call, "prfvdiR", ("parents", "recursive", "force", "verbose"))
    files = call.machine.files
    for path in paths:
        real = normal(path, call.shell.cwd)
        entry = files.find(real, follow=False)
        try:
            match call.name:
                case "touch":
                    if entry is None:
                        files.write(real, b"")
                case "mkdir":
                    _make(call, real, parents=options.has("-p", "--parents"))
                case _:
                    deep = options.has("-r", "-R", "--recursive")
                    if entry is None and options.has("-f", "--force"):
                        continue
                    if entry is not None and entry.is_folder and call.name == "rm" and not deep:
                        raise Missing("Is a directory")
                    if call.name == "rmdir" and files.names(real):
                        raise Missing("Directory not empty")
                    files.remove(real)
        except Missing as missing:
            verb = {"touch": "cannot touch", "mkdir": "cannot create directory"}
            return await call.fail(
                f"{verb.get(call.name, 'cannot remove')} '{path}': {missing.text}"
            )
    return 0


def _make(call: Call, path: str, *, parents: bool) -> None:
    files = call.machine.files
    entry = files.find(path)
    if parents and entry is not None and entry.is_folder:
        return
    parent = posixpath.dirname(path)
    if parents and files.find(parent) is None:
        _make(call, parent, parents=True)
    files.make_folder(path)


@command("cp", "mv", "ln")
async def copy(call: Call) -> int:
    _, paths = read_options(call, "arRfpvisn", ("recursive", "archive", "symbolic"))
    if len(paths) < 2:
        raise Usage("missing destination file operand")
    if call.name == "ln":
        raise Missing("links cannot be made in this simulated file system")
    files = call.machine.files
    target = normal(paths[-1], call.shell.cwd)
    into = files.find(target)
    for path in paths[:-1]:
        real = normal(path, call.shell.cwd)
        inside = into is not None and into.is_folder
        to = posixpath.join(target, posixpath.basename(real)) if inside else target
        files.write(to, files.read(real))
        if call.name == "mv":
            files.remove(real)
    return 0


@command("tee")
async def tee(call: Call) -> int:
    options, paths = read_options(call, "ai", ("append",))
    sinks = [
        call.machine.files.open_sink(
            normal(path, call.shell.cwd), append=options.has("-a", "--append")
        )
        for path in paths
    ]
    while chunk := await call.stdin.read():
        for sink in (call.stdout, *sinks):
            await sink.write(chunk)
    return 0


@command("chmod", "chown", "chgrp", "sync")
async def accept(call: Call) -> int:
    """Accepted without effect: rights are not kept."""
    return 0
