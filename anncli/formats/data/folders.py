"""DATA words: files, folders, quoted globs and queries of databases, as a list of files with the class of each."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from anncli.errors import DataError, UsageError, count_of, quoted
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.packers import without_packing
from anncli.formats.files.source import split_query
from anncli.formats.files.textfile import read_fault

_PICTURES = (".pgm", ".ppm", ".pbm", ".pnm", ".png", ".jpg", ".jpeg", ".bmp")
# Files that describe the others.
_ABOUT = re.compile(
    r"(?:readme|licen[cs]e|copying|notice|changelog|citation|authors)(?:[._-].*)?|.*\.md", re.IGNORECASE
)
_SYSTEM = ("thumbs.db", "desktop.ini", "__macosx", "$recycle.bin")
_MOST_FILES = 1_000_000


class DataFile(NamedTuple):
    """path: as ByteSource takes it; label: the class of its rows by its folder, or by its own name; None where the word
    says none; word: the DATA word that it comes from."""

    path: str
    label: str | None
    word: str


def expand(words: Sequence[str], remarks: Remarks | None = None) -> list[DataFile]:
    """The files of DATA words, in the order of the words; those of a folder or a glob in alphabetical order.

    A folder with sub-folders gives each of them as a class, with all files below it. A folder of pictures gives no classes.
    A folder of two or more other files gives each of them as a class. A glob of folders is as a folder that holds them; a
    glob of files gives them as if each were a word, with the folders as classes where they stand in several.
    Hidden files and descriptions (README, LICENSE) are left out with a note.
    Raises: UsageError for a glob without a match, DataError for a folder without files, or with files beside folders.
    """
    found: list[DataFile] = []
    notes = _Notes()
    for word in words:
        if split_query(word)[1] or not is_several(word):
            found.append(DataFile(word, None, word))
        elif os.path.isdir(word):
            found += _of_folder(word, notes)
        else:
            found += _of_glob(word, notes)
    if remarks is not None:
        notes.tell(remarks)
    return found


def is_several(word: str) -> bool:
    """Whether a word stands for files: a folder or a glob."""
    return word != "-" and (os.path.isdir(word) or is_glob(word))


def is_glob(word: str) -> bool:
    """Whether a word stands for the files that match it; a file of that name wins."""
    return glob.has_magic(word) and not os.path.lexists(word)


class _Notes:
    """What was left out, by folder."""

    def __init__(self) -> None:
        self._left: dict[str, list[str]] = {}

    def entries(self, folder: str) -> list[str]:
        """The names in a folder that are data, in alphabetical order; raises DataError where it cannot be read."""
        try:
            names = sorted(os.listdir(folder))
        except OSError as fault:
            raise read_fault(fault, folder) from None
        left = [
            name for name in names if name.startswith(".") or name.lower() in _SYSTEM or self._is_about(folder, name)
        ]
        if left:
            self._left[folder] = left
        return [name for name in names if name not in left]

    def _is_about(self, folder: str, name: str) -> bool:
        return _ABOUT.fullmatch(name) is not None and not os.path.isdir(os.path.join(folder, name))

    def tell(self, remarks: Remarks) -> None:
        for folder, names in self._left.items():
            shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            remarks.note(folder, f"left out: {shown}")


def _of_folder(word: str, notes: _Notes) -> list[DataFile]:
    names = notes.entries(word)
    folders = [name for name in names if os.path.isdir(os.path.join(word, name))]
    files = [name for name in names if name not in folders]
    if folders and files:
        message = f"holds {count_of(len(folders), 'folder')}, and {count_of(len(files), 'file')} beside them ({quoted(files[0])})"
        raise DataError(message, path=word, advice="put all files into folders, one per class")
    if folders:
        return [entry for name in folders for entry in _of_class(os.path.join(word, name), name, word, notes)]
    if not files:
        raise DataError("is a folder without files", path=word, advice="name a file, or a folder with data")
    paths = [os.path.join(word, name) for name in files]
    if len(files) == 1 or any(map(is_picture, files)):
        return [DataFile(path, None, word) for path in paths]
    return [
        DataFile(path, os.path.splitext(without_packing(name))[0], word)
        for path, name in zip(paths, files, strict=True)
    ]


def _of_class(folder: str, label: str, word: str, notes: _Notes) -> list[DataFile]:
    """All files below a folder, which is a class."""
    found: list[DataFile] = []
    waiting = [folder]
    while waiting:
        inside = waiting.pop()
        names = [os.path.join(inside, name) for name in notes.entries(inside)]
        found += [DataFile(path, label, word) for path in names if not os.path.isdir(path)]
        # A link could lead back to a folder above.
        waiting += [path for path in names if os.path.isdir(path) and not os.path.islink(path)]
        if len(found) > _MOST_FILES:
            raise DataError(f"more than {_MOST_FILES} files", path=word, advice="name a folder with less in it")
    if not found:
        raise DataError("is a class without files", path=folder, advice="put files into it, or remove it")
    return sorted(found)


def _of_glob(word: str, notes: _Notes) -> list[DataFile]:
    matches = sorted(path for path in glob.glob(word, recursive=True))
    folders = [path for path in matches if os.path.isdir(path)]
    files = [path for path in matches if not os.path.isdir(path)]
    if not matches:
        raise UsageError(f"no file matches {quoted(word)}", advice="check the name and the folder you are in")
    if not files:
        names = [os.path.basename(path.rstrip(os.sep)) for path in folders]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise UsageError(
                f"{quoted(word)} matches two folders {quoted(twice)}", advice="name the folders one by one"
            )
        pairs = zip(folders, names, strict=True)
        return [entry for path, name in pairs for entry in _of_class(path, name, word, notes)]
    parents = [os.path.basename(os.path.dirname(os.path.abspath(path))) for path in files]
    several = len({os.path.dirname(path) for path in files}) > 1
    return [DataFile(path, parent if several else None, word) for path, parent in zip(files, parents, strict=True)]


def is_picture(name: str) -> bool:
    """Whether a file is called like a picture."""
    return without_packing(name.lower()).endswith(_PICTURES)
