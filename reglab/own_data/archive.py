"""Files of a folder or of a zip archive by name, bounded before and while they are read; nothing is written to disk."""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reglab import checks

__all__ = ["MAX_BYTES", "MAX_ENTRIES", "MAX_FILE_BYTES", "Files", "opened"]

MAX_ENTRIES = 10_000  # files and folders, also those that are not read
MAX_BYTES = 200_000_000  # of an archive, and of all its files once they are unpacked
MAX_FILE_BYTES = 20_000_000  # of one file of several
NESTED = (".zip", ".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz")
ASKED = "a folder or a zip archive with one folder per class, or an .npz file: a path or bytes"


@dataclass(frozen=True)
class Files:
    """What can be read, by name.

    Attributes
    ----------
    sizes : dict of str to int
        Bytes of each file by its name, with folders as in "cat/1.png", in the order of the names.
    read : function from a name to bytes
    """

    sizes: dict[str, int]
    read: Callable[[str], bytes]


@contextmanager
def opened(name: str, source: Any) -> Iterator[Files]:
    """Open a folder or a zip archive, of a path or of bytes.

    Parameters
    ----------
    name : str
        What errors call the source.
    source : bytes or path

    Raises
    ------
    ValueError
        If it is neither, is damaged or encrypted, holds an archive itself or names outside of itself, or if there are
        too many files or bytes.

    Examples
    --------
    >>> content = io.BytesIO()
    >>> with zipfile.ZipFile(content, "w") as archive:
    ...     archive.writestr("cat/1.png", b"12345")
    >>> with opened("source", content.getvalue()) as files:
    ...     files.sizes, files.read("cat/1.png")
    ({'cat/1.png': 5}, b'12345')
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        content: Any = io.BytesIO(source)
        size = len(content.getbuffer())
    elif isinstance(source, (str, os.PathLike)) and source:
        try:
            path = Path(source)
            about = path.stat()
        except (OSError, TypeError, ValueError) as error:
            raise ValueError(f"{name} must be {ASKED}, got {checks.shown(source)}: {_why(error)}") from None
        if stat.S_ISDIR(about.st_mode):
            yield _folder(name, path)
            return
        if not stat.S_ISREG(about.st_mode):
            raise ValueError(f"{name} must be {ASKED}, got what is neither a folder nor an ordinary file")
        content, size = path, about.st_size
    else:
        raise ValueError(f"{name} must be {ASKED}, got {checks.shown(source)}")
    if size > MAX_BYTES:
        raise ValueError(f"{name} must have at most {MAX_BYTES} bytes, got {size}")
    try:
        archive = zipfile.ZipFile(content)
    except Exception as error:  # whatever a damaged list of files raises
        raise ValueError(
            f"{name} must be {ASKED}, got what is no zip archive, or a damaged one: {_why(error)}"
        ) from None
    with archive:
        yield _zip(name, archive)


def _zip(name: str, archive: zipfile.ZipFile) -> Files:
    entries = archive.infolist()
    _few(name, len(entries))
    members: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        path = entry.filename.replace("\\", "/")
        if path.startswith("/") or ".." in path.split("/") or ":" in path.split("/")[0]:
            raise ValueError(f"{name} must hold names within itself, got {checks.shown(entry.filename)}")
        if entry.is_dir() or path.endswith("/"):
            continue
        if path in members:
            raise ValueError(f"{name} must hold each name once, got {checks.shown(path)} twice")
        if entry.flag_bits & 1:
            raise ValueError(f"{name} must not be encrypted, got a password on {checks.shown(path)}")
        members[path] = entry
    _bounded(name, {path: entry.file_size for path, entry in members.items()})

    def read(path: str) -> bytes:
        entry = members[path]
        try:
            with archive.open(entry) as file:
                content = file.read(entry.file_size + 1)  # no more than it said it unpacks to
                file.read(1)  # the end, where the checksum is compared
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise ValueError(f"{name} must not be damaged, got {checks.shown(path)}: {_why(error)}") from None
        except Exception as error:  # of other ways to compress, which have errors of their own
            raise ValueError(f"{name} must be packed as zip usually is, got {_why(error)}") from None
        if len(content) != entry.file_size:
            said = f"{entry.file_size} bytes said and {len(content)} or more there"
            raise ValueError(f"{name} must not be damaged, got {checks.shown(path)}: {said}")
        return content

    return Files({path: members[path].file_size for path in sorted(members)}, read)


def _folder(name: str, folder: Path) -> Files:
    """List a folder's files; links are not followed, so that nothing outside of it is read."""
    sizes: dict[str, int] = {}
    waiting, seen = [folder], 0
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    seen += 1
                    _few(name, seen)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        path = Path(entry.path).relative_to(folder).as_posix()
                        sizes[path] = entry.stat(follow_symlinks=False).st_size
        except OSError as error:
            raise ValueError(f"{name} must be a folder that can be read, got {_why(error)}") from None
    _bounded(name, sizes)

    def read(path: str) -> bytes:
        try:
            with (folder / path).open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise ValueError(f"{name} must hold files that can be read, got {_why(error)}") from None
        _bounded(name, {path: len(content)})
        return content

    return Files(dict(sorted(sizes.items())), read)


def _few(name: str, count: int) -> None:
    if count > MAX_ENTRIES:
        raise ValueError(f"{name} must hold at most {MAX_ENTRIES} files and folders, got more")


def _bounded(name: str, sizes: dict[str, int]) -> None:
    """Raise where files are too large, or an archive is within the archive."""
    for path, size in sizes.items():
        if path.lower().endswith(NESTED):
            raise ValueError(f"{name} must not hold archives, got {checks.shown(path)}")
        most = MAX_BYTES if path.endswith(".npy") else MAX_FILE_BYTES
        if size > most:
            raise ValueError(f"{name} must hold files of at most {most} bytes, got {size} in {checks.shown(path)}")
    if sum(sizes.values()) > MAX_BYTES:
        raise ValueError(f"{name} must unpack to at most {MAX_BYTES} bytes, got {sum(sizes.values())}")


def _why(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = " ".join(said.split()) or type(error).__name__
    return line if len(line) <= 100 else f"{line[:97]}..."
