"""A machine's files: a tree of contents made when they are read, and over it what was written.

What is written is kept in memory until the simulator ends, up to a bound.
"""

import posixpath
import random
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.ssh.streams import Given, Nothing, Sink, Source

if TYPE_CHECKING:
    from simulator.ssh.computer import Computer

MOST_BYTES = 8 * 1024 * 1024
"""What may be written to one machine."""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True, slots=True)
class Device:
    """Something below /dev; `disk` where it is a block device."""

    disk: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that is there even while nothing is in it."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A large file of which only the size is known; read, it is empty."""

    size_bytes: int


Content = str | Archive | Callable[[], str] | Link | Device | Folder
Tree = dict[str, Content]
Grow = Callable[["Computer"], Iterable[tuple[str, Content]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What stands at a path; bytes, and a moment of the world."""

    path: str
    mode: int
    """With the bits of its kind, as in `st_mode`."""
    size_bytes: int
    changed_at: float
    target: str | None = None

    @property
    def name(self) -> str:
        return posixpath.basename(self.path) or "/"

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)


class Missing(OSError):
    """A path, or what was asked of it, fails; the text is what `strerror` says."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


NOT_THERE = "No such file or directory"


def normal(path: str, cwd: str = "/") -> str:
    """The absolute path, without dots and doubled slashes."""
    joined = posixpath.normpath(posixpath.join(cwd, path))
    return "/" + joined.lstrip("/")


class Files:
    """The files of one machine."""

    def __init__(self, machine: "Computer", grow: Grow) -> None:
        self._machine = machine
        self._grow = grow
        self._written: dict[str, bytes] = {}
        self._folders: set[str] = set()
        self._removed: set[str] = set()
        self._times: dict[str, float] = {}
        self._stamp: object = None
        self._tree: Tree = {}
        self._inside: dict[str, set[str]] = {}

    def find(self, path: str, *, follow: bool = True) -> Entry | None:
        """What stands at an absolute path; None when nothing does."""
        self._bring_up_to_date()
        real = self._resolved(path) if follow else self._resolved_parent(path)
        if real is None:
            return None
        if real in self._written:
            size = len(self._written[real])
            return self._entry(real, stat.S_IFREG | 0o644, size)
        if real in self._inside:
            return self._entry(real, stat.S_IFDIR | 0o755, 4096)
        match self._tree.get(real):
            case None:
                return None
            case Link(target):
                return self._entry(real, stat.S_IFLNK | 0o777, len(target), target)
            case Device(disk):
                kind = stat.S_IFBLK | 0o660 if disk else stat.S_IFCHR | 0o666
                return self._entry(real, kind, 0)
            case Folder():
                return self._entry(real, stat.S_IFDIR | 0o755, 4096)
            case Archive(size):
                pass
            case str(text):
                size = len(text.encode())
            case made:
                virtual = real.startswith(("/proc/", "/sys/"))
                size = 0 if virtual else len(made().encode())
        mode = 0o755 if "bin/" in real else 0o600 if real.endswith((".key", "shadow")) else 0o644
        return self._entry(real, stat.S_IFREG | mode, size)

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none when it is no folder."""
        self._bring_up_to_date()
        real = self._resolved(folder)
        return sorted(self._inside.get(real or "", ()))

    def read(self, path: str) -> bytes:
        """A file's content. Raises Missing."""
        entry = self.find(path)
        if entry is None:
            raise Missing(NOT_THERE)
        if entry.is_folder:
            raise Missing("Is a directory")
        if entry.path in self._written:
            return self._written[entry.path]
        content = self._tree.get(entry.path)
        if isinstance(content, str):
            return content.encode()
        return content().encode() if callable(content) else b""

    def open_source(self, path: str) -> Source:
        """A file to read from, the endless ones among them. Raises Missing."""
        entry = self.find(path)
        if entry is not None and entry.path in ("/dev/zero", "/dev/urandom", "/dev/random"):
            return _Endless(noisy=entry.path != "/dev/zero")
        return Given(self.read(path))

    def open_sink(self, path: str, *, append: bool) -> Sink:
        """A file to write to; emptied first unless `append`. Raises Missing."""
        entry = self.find(path)
        real = entry.path if entry is not None else self._resolved_parent(path) or path
        if entry is not None and not entry.is_file:
            if entry.path in ("/dev/null", "/dev/zero", "/dev/tty"):
                return Nothing()
            raise Missing("Is a directory" if entry.is_folder else "Permission denied")
        if real.startswith(("/proc/", "/sys/")):
            raise Missing("Permission denied")
        self.write(real, self.read(path) if append and entry is not None else b"")
        return _Written(self, real)

    def write(self, path: str, data: bytes) -> None:
        """Make that the content of a file. Raises Missing."""
        parent = posixpath.dirname(path)
        folder = self.find(parent)
        if folder is None:
            raise Missing(NOT_THERE)
        if not folder.is_folder:
            raise Missing("Not a directory")
        held = sum(len(one) for name, one in self._written.items() if name != path)
        if held + len(data) > MOST_BYTES or len(self._written) > 1000:
            raise Missing("No space left on device")
        known = path in self._written
        self._written[path] = data
        self._times[path] = self._machine.world.now
        self._removed.discard(path)
        if not known:
            self._stamp = None

    def read_written(self, path: str) -> bytes:
        return self._written.get(path, b"")

    def make_folder(self, path: str) -> None:
        """Raises Missing."""
        if self.find(path) is not None:
            raise Missing("File exists")
        if self.find(posixpath.dirname(path)) is None:
            raise Missing(NOT_THERE)
        self._folders.add(path)
        self._removed.discard(path)
        self._times[path] = self._machine.world.now
        self._stamp = None

    def remove(self, path: str) -> None:
        """A file, or a folder with all in it. Raises Missing."""
        entry = self.find(path, follow=False)
        if entry is None:
            raise Missing(NOT_THERE)
        real = entry.path
        if real.startswith(("/proc", "/sys", "/dev")) or real == "/":
            raise Missing("Operation not permitted")
        below = [path for path in (*self._written, *self._tree) if path.startswith(f"{real}/")]
        for known in [real, *below]:
            self._written.pop(known, None)
            self._removed.add(known)
        self._folders = {one for one in self._folders if not f"{one}/".startswith(f"{real}/")}
        self._stamp = None

    def _bring_up_to_date(self) -> None:
        """Grow the tree anew when the world has changed, or something was written."""
        stamp = (self._machine.world.version, len(self._written), len(self._folders))
        if stamp == self._stamp:
            return
        self._tree = {
            path: content
            for path, content in self._grow(self._machine)
            if path not in self._removed
        }
        self._inside = {"/": set()}
        for path in (*self._tree, *self._written, *self._folders):
            self._enter(path)
        for path in self._folders:
            self._inside.setdefault(path, set())
        for path, content in self._tree.items():
            if isinstance(content, Folder):
                self._inside.setdefault(path, set())
        self._stamp = stamp

    def _enter(self, path: str) -> None:
        while path != "/":
            parent, _, name = path.rpartition("/")
            parent = parent or "/"
            known = parent in self._inside
            self._inside.setdefault(parent, set()).add(name)
            if known:
                return
            path = parent

    def _resolved(self, path: str, depth: int = 0) -> str | None:
        """The path with every link followed; None when one leads in circles."""
        real = self._resolved_parent(path, depth)
        if real is None:
            return None
        content = self._tree.get(real)
        if isinstance(content, Link) and real not in self._written:
            if depth > 8:
                return None
            return self._resolved(normal(content.target, posixpath.dirname(real)), depth + 1)
        return real

    def _resolved_parent(self, path: str, depth: int = 0) -> str | None:
        """The path with the links in its folders followed."""
        if path in self._tree or path in self._inside or path in self._written or path == "/":
            return path
        parent, name = posixpath.split(path)
        real = self._resolved(parent, depth)
        return None if real is None else normal(name, real)

    def _entry(self, path: str, mode: int, size_bytes: int, target: str | None = None) -> Entry:
        return Entry(
            path=path,
            mode=mode,
            size_bytes=size_bytes,
            changed_at=self._times.get(path, self._machine.changed_at(path)),
            target=target,
        )


class _Written:
    """Grows a file as it is written to."""

    def __init__(self, files: Files, path: str) -> None:
        self._files = files
        self._path = path

    async def write(self, data: bytes) -> None:
        self._files.write(self._path, self._files.read_written(self._path) + data)


class _Endless:
    def __init__(self, *, noisy: bool) -> None:
        self._noisy = noisy

    async def read(self, most: int = 32 * 1024) -> bytes:
        return random.randbytes(most) if self._noisy else bytes(most)  # noqa: S311 - noise
