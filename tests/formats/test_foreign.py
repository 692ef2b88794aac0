"""Files of other programs are refused by their name, whatever they are called here."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from anncli.errors import DataError
from anncli.formats.data.assemble import read_dataset
from anncli.formats.data.foreign import check_kind


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


def npy(packed: bool) -> bytes:
    made = io.BytesIO()
    if packed:
        np.savez(made, np.zeros((2, 2)))
    else:
        np.save(made, np.zeros((2, 2)))
    return made.getvalue()


def tar() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as file:
        file.addfile(tarfile.TarInfo("a.csv"))
    return made.getvalue()


def database(folder: Path) -> bytes:
    connection = sqlite3.connect(folder / "db")
    connection.execute("create table t (x)")
    connection.commit()
    connection.close()
    return (folder / "db").read_bytes()


FILES = {
    "an Excel workbook (.xlsx);": archive("[Content_Types].xml", "xl/workbook.xml"),
    "packed by zip;": archive("a.csv"),
    "a NumPy archive (.npz);": npy(packed=True),
    "a NumPy array (.npy);": npy(packed=False),
    "a tar archive;": tar(),
    "a Python pickle;": pickle.dumps([[1.0, 2.0]], protocol=4),
    "a PDF document;": b"%PDF-1.7\n1 0 obj\n",
    "a PNG image;": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a JPEG image;": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "a PGM, PBM or PPM image;": b"P5\n2 2\n255\n\0\0\0\0",
    "a Parquet file;": b"PAR1\x15\4\x15",
    "an HDF5 file (.h5, or .mat of version 7.3);": b"\x89HDF\r\n\x1a\n\0\0",
    "a MATLAB file (.mat);": b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + b" " * 80 + b"\0\1IM",
    "an old Excel workbook or Word document (.xls, .doc);": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0",
    "an IDX file (as of MNIST);": b"\0\0\x08\x03\0\0\0\1",
    "an ARFF file (Weka);": b"% 1. Title: Iris\n%\n@RELATION iris\n@ATTRIBUTE a NUMERIC\n@DATA\n5.1,3.5\n",
    "a time series file (.ts, as sktime and UCR have them);": b"# Gun\n#\n@problemName GunPoint\n@timeStamps false\n@univariate true\n@classLabel true 1 2\n@data\n-0.6,-0.7,-0.6:2\n",
    "an SNNS pattern file;": b"SNNS pattern definition file V3.2\ngenerated at\n",
    "a PROBEN1 file;": b"bool_in=0\nreal_in=9\n",
    "libsvm text (index:value);": b"+1 1:0.5 2:1 4:-0.2\n-1 1:0.1\n",
    "a FANN training file;": b"4 2 1\n-1 -1\n-1\n-1 1\n1\n1 -1\n1\n1 1\n-1\n",
    "a FANN network;": b"FANN_FLO_2.1\nnum_layers=3\n",
    "a network, not data;": b"# mine\nanncli: 1\ninputs: 2\nlayers: [1 logistic]\n",
    "XML or HTML text;": b"<!DOCTYPE html>\n<html>\n",
    "JSON text;": json.dumps([[1, 2], [3, 4]]).encode(),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("data_format", ["auto", "vectors"])
def test_files_of_known_kinds_are_refused_by_name(tmp_path: Path, name: str, data_format: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(FILES[name])
    with pytest.raises(DataError) as caught:
        read_dataset(path, data_format=data_format)
    assert str(caught.value).startswith(f"{path}: is {name} ")


def test_a_database_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(database(tmp_path))
    with pytest.raises(DataError, match="is a SQLite database; write the result of a query as CSV"):
        read_dataset(path)


@pytest.mark.parametrize("text", ["4 2 1\n1 2 3\n", "1 3 3\n1 2 3\n4 5 6\n7 8 9\n", "2 1\n1 2\n", "1:2 3\n"])
def test_numbers_that_only_resemble_them_are_read_or_refused_as_numbers(tmp_path: Path, text: str) -> None:
    path = tmp_path / "data.csv"
    path.write_text(text)
    with contextlib.suppress(DataError):
        read_dataset(path, labelled=False)
    check_kind(text.encode(), "data.csv")


def test_three_inputs_and_three_outputs_are_fann_if_the_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("1 3 3\n1 2 3\n4 5 6\n")
    with pytest.raises(DataError, match="is a FANN training file"):
        read_dataset(path)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("start", [b"", b"---", b"#"])
def test_many_empty_lines_take_no_time(start: bytes) -> None:
    # A test that goes through them from each of their places would take minutes.
    check_kind(start + b"\n" * (1 << 16) + b"1 2\n", "t.txt")
