"""Files are read with clear faults and replaced whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import resource
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from anncli.errors import AnnError, DataError, NetworkError
from anncli.formats.files import textfile
from anncli.formats.files.output import opened_output
from anncli.formats.files.textfile import (
    changed_since,
    check_writable,
    decode,
    is_empty,
    read_bytes,
    replace_file,
    signature,
    write_faults,
)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "x.nn"
    path.write_bytes(b"old")
    return path


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """Writing past 4096 bytes fails as on a full disk (another error number, the same path through the code)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def only_file(folder: Path) -> str:
    (name,) = os.listdir(folder)
    return name


def test_missing_file_directory_and_limit_are_named(tmp_path: Path, target: Path) -> None:
    with pytest.raises(DataError) as error:
        read_bytes("nothing.txt")
    assert str(error.value) == "nothing.txt: no such file; check the name and the folder you are in"
    with pytest.raises(NetworkError) as network_error:
        read_bytes(tmp_path, NetworkError)
    assert str(network_error.value) == f"{tmp_path}: is a directory; name a file in it"
    assert read_bytes(target, limit=3) == b"old"
    with pytest.raises(DataError, match="is larger than 2 bytes; check that"):
        read_bytes(target, limit=2)
    with pytest.raises(DataError, match="cannot hold a NUL"):
        read_bytes("a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied_is_named(target: Path) -> None:
    target.chmod(0)
    with pytest.raises(DataError, match=r"may not be read \(permission denied\)"):
        read_bytes(target)


def test_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"piped")))
    assert read_bytes("-") == b"piped"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ab\n c\xe9\n", "x:2:3: is not UTF-8 text: byte 0xe9; save it as UTF-8"),
        ("é\xff".encode("latin-1"), "x:1:1: is not UTF-8 text: byte 0xe9; save it as UTF-8"),
        (b"\xef\xbb\xbfa\xff", "x:1:2: is not UTF-8 text: byte 0xff; save it as UTF-8"),
        (b"\x7fELF\0\xff", "x: is a binary file, not text; check that this is the right file"),
        (b"a\0b", "x: is a binary file, not text; check that this is the right file"),
        ("a".encode("utf-16"), "x: is UTF-16 text; save it as UTF-8"),
    ],
)
def test_what_is_not_text_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(DataError) as error:
        decode(data, "x")
    assert str(error.value) == message


def test_byte_order_mark_is_dropped_and_line_ends_stay() -> None:
    assert decode(b"\xef\xbb\xbfa\r\nb\n", "x") == "a\r\nb\n"


def test_replace_keeps_the_mode_and_follows_links(tmp_path: Path, target: Path) -> None:
    target.chmod(0o640)
    link = tmp_path / "link.nn"
    link.symlink_to("x.nn")
    replace_file(link, b"new")
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["link.nn", "x.nn"]


def test_new_file_has_the_mode_of_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        replace_file(tmp_path / "n.nn", b"new")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "n.nn").stat().st_mode) == 0o640


@pytest.mark.usefixtures("small_files_only")
def test_failed_write_leaves_the_old_file_and_nothing_else(target: Path) -> None:
    with pytest.raises(AnnError) as error:
        replace_file(target, bytes(5000))
    assert str(error.value) == f"{target}: cannot write: File too large; write to another place"
    assert error.value.exit_code == 1
    assert target.read_bytes() == b"old"
    assert only_file(target.parent) == "x.nn"


def test_failed_rename_leaves_the_old_file_and_nothing_else(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(AnnError) as error:
        replace_file(target, b"new")
    expected = "cannot write: No space left on device; free some space or write to another place"
    assert str(error.value) == f"{target}: {expected}"
    assert target.read_bytes() == b"old"
    assert only_file(target.parent) == "x.nn"


def test_data_is_on_the_disk_before_the_rename(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("write", "fsync", "replace"):
        original = getattr(os, name)

        def traced(*args: object, name: str = name, original: object = original) -> object:
            calls.append(name)
            return original(*args)  # type: ignore[operator]

        monkeypatch.setattr(os, name, traced)
    replace_file(target, b"new")
    assert calls == ["write", "fsync", "replace", "fsync"]


def test_a_full_device_is_reported() -> None:
    with pytest.raises(AnnError) as error:
        replace_file("/dev/full", b"new")
    assert str(error.value) == (
        "/dev/full: cannot write: No space left on device; free some space or write to another place"
    )


def test_standard_output_and_devices_are_written_directly(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    replace_file("/dev/null", b"lost")
    replace_file("/dev/stdout", b"one ")
    replace_file("-", b"two")
    assert capfdbinary.readouterr().out == b"one two"
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere/x.nn", "cannot write: No such file or directory; create the folder first"),
        ("x.nn/y.nn", "cannot write: Not a directory; write to a file in an existing folder"),
        (".", "cannot write: Is a directory; name a file in it"),
        ("new/", "cannot write: Is a directory; name a file in it"),
        ("n" * 256, "cannot write: File name too long; choose a shorter name"),
    ],
)
def test_check_says_beforehand_what_replace_would_say(
    target: Path, name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(target.parent)
    for attempt in (lambda: check_writable(name), lambda: replace_file(name, b"new")):
        with pytest.raises(AnnError) as error:
            attempt()
        assert str(error.value) == f"{name}: {message}"
    assert only_file(target.parent) == "x.nn"


def test_check_changes_nothing(target: Path) -> None:
    before = signature(target)
    check_writable(target)
    check_writable(target.parent / "new.nn")
    check_writable("-")
    assert not changed_since(target, before)
    assert only_file(target.parent) == "x.nn"


def test_read_only_file_is_not_overwritten(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(AnnError, match="Permission denied; change the mode of the file or its folder"):
        replace_file(target, b"new")
    assert target.read_bytes() == b"old"


def test_longest_legal_name_can_be_written(tmp_path: Path) -> None:
    name = "é" * 126 + ".nn"
    replace_file(tmp_path / name, b"new")
    assert only_file(tmp_path) == name


def test_left_over_of_a_dead_writer_is_removed_and_that_of_a_living_one_kept(target: Path) -> None:
    dead, living, other = (target.parent / f".{n}.ann-tmp" for n in ("x.nn.0123abcd", "x.nn.4567abcd", "y.nn.0123abcd"))
    for path in (dead, living, other):
        path.write_bytes(b"half")
    with open(living, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        replace_file(target, b"new")
    assert sorted(os.listdir(target.parent)) == [living.name, other.name, "x.nn"]
    replace_file(target, b"newer")
    assert sorted(os.listdir(target.parent)) == [other.name, "x.nn"]


def test_change_of_a_file_is_noticed(target: Path) -> None:
    before = signature(target)
    assert not changed_since(target, before)
    replace_file(target, b"new")
    assert changed_since(target, before)
    assert signature(target.parent / "none") is None
    assert changed_since(target, None)


def test_place_of_counts_from_one() -> None:
    assert textfile.place_of("ab\ncd", 0) == (1, 1)
    assert textfile.place_of("ab\ncd", 4) == (2, 2)


@pytest.mark.parametrize(("content", "empty"), [(b"", True), (b" \n\t\r\n", True), (b"1", False), (b"# c", False)])
def test_empty_files(tmp_path: Path, content: bytes, empty: bool) -> None:
    (tmp_path / "a").write_bytes(content)
    assert is_empty(tmp_path / "a") is empty
    assert is_empty(os.devnull)
    assert not is_empty(tmp_path)
    assert not is_empty(tmp_path / "none")


@pytest.mark.parametrize("call", ["fstat", "fchmod", "fsync", "replace"])
def test_a_single_failing_call_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    plain, failed = getattr(os, call), []

    def once(*arguments: object) -> object:
        if failed:
            return plain(*arguments)
        failed.append(call)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, call, once)
    with pytest.raises(AnnError, match="cannot write: Input/output error"):
        replace_file(target, b"new")
    monkeypatch.undo()
    assert failed
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert target.read_bytes() == b"old"


def test_a_read_only_file_system_is_named_as_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    found = os.statvfs(target)
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    monkeypatch.setattr(os, "statvfs", lambda name: os.statvfs_result((*found[:8], os.ST_RDONLY, found[9])))
    with pytest.raises(AnnError, match="cannot write: Read-only file system; write to another place"):
        replace_file(target, b"new")


def test_only_a_nul_character_in_a_name_is_called_one(tmp_path: Path) -> None:
    """A ValueError of a library that writes is its own, not one of the name."""
    with pytest.raises(AnnError, match="cannot write: a file name cannot hold a NUL character"), write_faults("a\0b"):
        pass
    with pytest.raises(ValueError, match=r"^its own$"), opened_output(tmp_path / "out"):
        raise ValueError("its own")
    with pytest.raises(ValueError, match=r"^its own$"), write_faults("out"):
        raise ValueError("its own")
