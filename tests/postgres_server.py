"""A PostgreSQL server for the time of a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def program(name: str) -> str | None:
    """A program of PostgreSQL, on the path or where Debian puts it."""
    places = [os.environ["PATH"], *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    return shutil.which(name, path=os.pathsep.join(places))


def other_user() -> dict[str, Any]:
    """The server does not run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    try:
        return {"user": pwd.getpwnam("postgres").pw_uid}
    except KeyError:
        pytest.skip("there is no user who may run the server")


def psql(folder: str, script: str, *arguments: str) -> str:
    """What psql prints for a script, connected to the server whose socket is in the folder; it stops at the first error."""
    command = [
        str(program("psql")),
        "-q",
        "-X",
        "-h",
        folder,
        "-U",
        "ann",
        "-d",
        "postgres",
        "-v",
        "ON_ERROR_STOP=1",
        *arguments,
    ]
    done = subprocess.run(command, input=script.encode(), capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    # As bytes: a text stream would change the ends of lines inside of words.
    return done.stdout.decode()


@contextmanager
def running_server() -> Iterator[str]:
    """The folder of the socket of a running server; skips the test where there is none."""
    initdb, pg_ctl = map(program, ("initdb", "pg_ctl"))
    if initdb is None or pg_ctl is None or program("psql") is None:
        pytest.skip("PostgreSQL is not installed")
    user = other_user()
    # A short path: the name of a socket has at most 107 characters.
    folder = tempfile.mkdtemp(prefix="ann-pg-", dir="/tmp")
    if user:
        os.chown(folder, user["user"], -1)
    data = f"{folder}/data"

    def run(*arguments: str) -> None:
        done = subprocess.run(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120, check=False, **user)  # fmt: skip
        assert done.returncode == 0, done.stderr

    try:
        run(initdb, "-D", data, "-A", "trust", "-U", "ann", "-E", "UTF8", "--locale=C", "--no-sync")
        run(pg_ctl, "-D", data, "-w", "-o", f"-k {folder} -h '' -c fsync=off", "start")
        try:
            yield folder
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
