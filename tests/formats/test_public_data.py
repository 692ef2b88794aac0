"""Every file of a folder of public data is read as another program reads it, or is on the list of what is no table.

`PUBLIC_DATA=FOLDER pytest tests/formats/test_public_data.py` runs it; the folder is not part of the repository.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import table_oracles as oracle
from table_oracles import CannotRead, assert_same_patterns
from typed_tables import cells, content

from anncli.formats.data.assemble import read_dataset
from anncli.formats.data.base import TableWant
from anncli.formats.data.table_files import read_table

FOLDER = Path(os.environ.get("PUBLIC_DATA", "/nowhere"))
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file()) if FOLDER.is_dir() else []

# Not data, or data of kinds that are no tables: networks, remarks, texts in sentences, series of their own format.
NO_TABLES = (
    "*.md", "*.names", "*.names.gz", "README.txt", "*classes.txt", "models/fann/*.net", "models/keras/*", "models/nnet/*",
    "models/onnx/*.onnx", "models/matlab/*.mat", "models/pmml/*.pmml", "models/snns/*.net", "models/snns/*.res", "seed/imdb/*", "seed/ts/*",
    "seed/words/*", "seed/shakespeare.txt.gz", "seed/eventprop_golden.npz",
)  # fmt: skip


def same_columns(reader: Callable[[Path], oracle.Columns], path: Path, want: TableWant | None = None) -> None:
    found = content(read_table(path, want))
    expected = reader(path)
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert found[name] == values, name


def same_patterns(reader: Callable[[Path], tuple[Any, Any]], path: Path) -> None:
    assert_same_patterns(path, *reader(path))


def same_rows(path: Path) -> None:
    np.testing.assert_array_equal(read_dataset([path]).inputs, oracle.vectors(path), strict=True)


def same_array(path: Path) -> None:
    """The one array of an archive that is more than a number."""
    table, arrays = read_table(path), [array for array in np.load(path).values() if array.size > 1]
    assert table.matrix is not None
    np.testing.assert_array_equal(table.matrix, arrays[0].reshape(len(arrays[0]), -1))
    assert len(arrays) == 1


def same_idx(path: Path) -> None:
    """Pictures have the labels of the file beside them; labels alone are one column."""
    found, labels = content(read_table(path)), path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    assert found.pop("label") == oracle.idx(labels)["1"]
    assert found == ({} if path == labels else oracle.idx(path))


def same_pixels(path: Path) -> None:
    """Scaled to an eighth, each pixel is the mean of 64."""
    with pytest.importorskip("PIL.Image").open(path) as image:
        pixels = np.asarray(image, dtype=np.float64)
    height, width, _ = pixels.shape
    means = pixels.reshape(height // 8, 8, width // 8, 8, -1).mean(axis=(1, 3))
    table = read_table(path, TableWant(size=(height // 8, width // 8)))
    np.testing.assert_allclose([cells(column)[0] for column in table.columns], means.reshape(-1), rtol=1e-6)


def csv(**options: Any) -> Callable[[Path], None]:
    header = {"header": options["header"] == 0} if "header" in options else {}
    return partial(same_columns, partial(oracle.csv, **options), want=TableWant(**header))


# The first pattern that fits a file says how it is compared.
READERS: dict[str, Callable[[Path], None]] = {
    "*.arff": partial(same_columns, oracle.arff), "*.arff.gz": partial(same_columns, oracle.arff),
    "*.train": partial(same_patterns, oracle.fann), "*.test": partial(same_patterns, oracle.fann),
    "fann/*.data": partial(same_patterns, oracle.fann), "*.dt": partial(same_patterns, oracle.proben1),
    "*.pat": partial(same_patterns, oracle.snns), "heart/heart_scale": partial(same_columns, oracle.libsvm),
    "seed/mnist10k/*": same_idx, "*.npy": partial(same_columns, oracle.npy),
    "*.npz": same_array, "*.png": same_pixels,
    "proben1/reference_results.tsv": csv(sep="\t"),
    "tables/breast-cancer.csv.gz": csv(quotechar="'", header=None),
    "tables/daily-min-temperatures.csv.gz": csv(), "tables/monthly-sunspots.csv.gz": csv(), "tables/pollution.csv.gz": csv(),
    "models/pmml/*.csv": csv(), "*.csv": csv(header=None), "*.csv.gz": csv(header=None), "breast_w/*.data": csv(header=None),
    "*.txt": same_rows,
}  # fmt: skip


@pytest.mark.skipif(not FILES, reason="PUBLIC_DATA names no folder of public data")
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_file_is_read_as_others_read_it(path: Path) -> None:
    inside = path.relative_to(FOLDER)
    if any(inside.match(pattern) for pattern in NO_TABLES):
        pytest.skip("no table")
    compare = next((call for pattern, call in READERS.items() if inside.match(pattern)), None)
    assert compare is not None, "no second reader for this kind of file"
    try:
        compare(path)
    except CannotRead as fault:
        pytest.skip(str(fault))
