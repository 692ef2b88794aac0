"""A query of a real PostgreSQL as data: `psql --csv -c 'select ...' | ann train - --label y`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ann_process import ROOT, Ann, clean_environment

COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")


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


@pytest.fixture
def database() -> Iterator[str]:
    """The folder of the socket of a running server whose database has the table iris."""
    initdb, pg_ctl, psql = map(program, ("initdb", "pg_ctl", "psql"))
    if initdb is None or pg_ctl is None or psql is None:
        pytest.skip("PostgreSQL is not installed")
    user = other_user()
    # A short path: the name of a socket has at most 107 characters.
    folder = tempfile.mkdtemp(prefix="ann-pg-", dir="/tmp")
    if user:
        os.chown(folder, user["user"], -1)
    data = f"{folder}/data"

    def run(*arguments: str, **settings: Any) -> None:
        done = subprocess.run(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120, **settings)  # fmt: skip
        assert done.returncode == 0, done.stderr

    try:
        run(initdb, "-D", data, "-A", "trust", "-U", "ann", "--no-sync", **user)
        run(pg_ctl, "-D", data, "-w", "-o", f"-k {folder} -h '' -c fsync=off", "start", **user)
        try:
            script = f"create table iris ({', '.join(f'{name} real' for name in COLUMNS)}, species text);\n"
            script += "copy iris from stdin csv header;\n" + (ROOT / "data/iris.csv").read_text() + "\\.\n"
            run(psql, "-q", "-h", folder, "-U", "ann", "-d", "postgres", "-v", "ON_ERROR_STOP=1", input=script)
            yield folder
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "stop", **user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_query_is_trained_on_like_the_file(tmp_path: Path, ann: Ann, database: str) -> None:
    query = f"{program('psql')} -h {database} -U ann -d postgres --csv -c 'select * from iris'"
    command = f"'{sys.executable}' -m anncli"

    def bash(line: str) -> str:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    bash(f"{query} | {command} train - --label species 30 -q")
    shutil.copy(ROOT / "data/iris.csv", tmp_path)
    ann("train", "iris.csv", "--label", "species", 30, "-q")

    def weights(name: str) -> str:
        return (tmp_path / name).read_text().partition("  weights:")[2].partition("  record:")[0]

    assert weights("network.nn") == weights("iris.nn") != ""
    # Answers are not needed to use it; NULL is a missing value.
    predicted = bash(
        f"{query.replace('select *', 'select sepal_length, petal_length, petal_width, sepal_width')} | {command} predict network.nn"
    )
    assert predicted == ann("predict", "iris.nn", "iris.csv").stdout
