"""A query of a real PostgreSQL as data: `psql --csv -c 'select ...' | ann train - --label y`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ann_process import ROOT, Ann, clean_environment
from postgres_server import program, psql, running_server

COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")


@pytest.fixture
def database() -> Iterator[str]:
    """The folder of the socket of a running server whose database has the table iris."""
    with running_server() as folder:
        script = f"create table iris ({', '.join(f'{name} real' for name in COLUMNS)}, species text);\n"
        script += "copy iris from stdin csv header;\n" + (ROOT / "data/iris.csv").read_text() + "\\.\n"
        psql(folder, script)
        yield folder


@pytest.mark.slow
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
