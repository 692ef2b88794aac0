"""How PROBEN1 coded the UCI tables of horse colic and soybean diseases (Prechelt 1994): read off his .dt files, of which it gives every row.

It coded words by hand: some columns as one number in the order of their words, some as an input for each word, and most gaps
as an input of their own. Numbers became 0 to 1. Of the 368 horses it left out two without an outcome and two with an
undocumented word in "capillary refill time".
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import proben1

from anncli.tables import Table


class Raw(NamedTuple):
    """A table that PROBEN1 coded. file: its name without .gz; label: the column of the classes; classes: in the order of
    PROBEN1's outputs; ignore: columns that PROBEN1 left out; codes: for each other column its inputs: the numbers that
    become 0 and 1, with an input for a gap; or for each input its value for each word, 0 for the others."""

    file: str
    label: str
    classes: str
    ignore: tuple[str, ...]
    codes: dict[str, tuple[float, float] | str]


_PRESENT = "present=1 | ?=1"
RAW = {
    "horse": Raw(
        "colic.orig.arff",
        "outcome",
        "1 2 3",
        (
            "surgery",
            "Hospital Number",
            "surgical lesion",
            "site of lesion",
            "type of lesion",
            "subtype of lesion",
            "pathology_cp_data",
        ),
        {
            "Age": "9=1",
            "rectal temperature": (35.4, 40.8),
            "pulse": (30, 184),
            "respiratory rate": (0, 96),
            "temperature of extremities": "1=.33 3=.66 4=1 | ?=1",
            "peripheral pulse": "3=.33 1=.66 2=1 | ?=1",
            "mucous membranes": "1=1 | 2=1 | 3=1 | 4=1 | 5=1 | 6=1 | ?=1",
            "capillary refill time": "2=1 | ?=1",
            "pain": "1=1 | 2=1 | 3=1 | 4=1 | 5=1 | ?=1",
            "peristalsis": "2=.33 3=.67 4=1 | ?=1",
            "abdominal distension": "1=1 | 2=1 | 3=1 | 4=1 | 2=.33 3=.67 4=1 | ?=1",
            "nasogastric tube": "2=.5 3=1 | ?=1",
            "nasogastric reflux": "2=.5 3=1 | ?=1",
            "nasogastric reflux PH": (0, 8.5),
            "rectal examination - feces": "3=.33 1=.66 2=1 | ?=1",
            "abdomen": "1=1 | 2=1 | 3=1 | 4=1 | 5=1 | ?=1",
            "packed cell volume": (0, 75),
            "total protein": (0, 89),
            "abdominocentesis appearance": "1=1 | 2=1 | 3=1 | ?=1",
            "abdomcentesis total protein": (0, 10.1),
        },
    ),
    "soybean": Raw(
        "soybean.arff",
        "class",
        "herbicide-injury cyst-nematode diaporthe-pod-&-stem-blight 2-4-d-injury bacterial-blight bacterial-pustule"
        " charcoal-rot diaporthe-stem-canker downy-mildew phyllosticta-leaf-spot powdery-mildew purple-seed-stain"
        " rhizoctonia-root-rot anthracnose brown-stem-rot phytophthora-rot alternarialeaf-spot frog-eye-leaf-spot brown-spot",
        (),
        {
            "date": "may=.166667 june=.333333 july=.5 august=.666667 september=.833333 october=1",
            "plant-stand": "lt-normal=1",
            "precip": "lt-norm=-1 gt-norm=1 | ?=1",
            "temp": "norm=.5 gt-norm=1 | ?=1",
            "hail": "yes=1 | ?=1",
            "crop-hist": "same-lst-yr=.333333 same-lst-two-yrs=.666667 same-lst-sev-yrs=1 | ?=1",
            "area-damaged": "upper-areas=1 whole-field=1 | low-areas=1 whole-field=1",
            "severity": "minor=-1 severe=1 | ?=1",
            "seed-tmt": "fungicide=1 ?=1 | other=1 ?=1",
            "germination": "90-100=1 80-89=.5 | ?=1",
            "plant-growth": "abnorm=1",
            "leaves": "abnorm=1",
            "leafspots-halo": "no-yellow-halos=1 ?=1 | yellow-halos=1 ?=1",
            "leafspots-marg": "dna=.5 no-w-s-marg=1 | ?=1",
            "leafspot-size": "dna=.5 gt-1/8=1 | ?=1",
            "leaf-shread": _PRESENT,
            "leaf-malf": _PRESENT,
            "leaf-mild": "upper-surf=1 | lower-surf=1 | ?=1",
            "stem": "abnorm=1 ?=.5",
            "lodging": "no=1 | ?=1",
            "stem-cankers": "below-soil=1 | above-soil=1 | above-sec-nde=1 | ?=1",
            "canker-lesion": "brown=1 | dk-brown-blk=1 | tan=1 | ?=1",
            "fruiting-bodies": _PRESENT,
            "external-decay": "absent=1 | firm-and-dry=1 | watery=1 | ?=1",
            "mycelium": _PRESENT,
            "int-discolor": "none=1 | brown=1 | black=1 | ?=1",
            "sclerotia": _PRESENT,
            "fruit-pods": "norm=1 | diseased=1 | few-present=1 | ?=1",
            "fruit-spots": "absent=1 | colored=1 | brown-w/blk-specks=1 | distort=1 | dna=1 | ?=1",
            "seed": "abnorm=1 | ?=1",
            "mold-growth": _PRESENT,
            "seed-discolor": _PRESENT,
            "seed-size": "lt-norm=1 | ?=1",
            "shriveling": _PRESENT,
            # The last input of PROBEN1 is always 0.
            "roots": "norm=1 ?=1 | rotted=1 | galls-cysts=1 | none=1",
        },
    ),
}


def order_of(table: Table, raw: Raw, problem: proben1.Problem) -> list[int]:
    """The row of the table that each row of a PROBEN1 set was made of; equal rows in any order."""
    places: dict[bytes, list[int]] = defaultdict(list)
    for row, key in enumerate(_keys(coded(table, raw))):
        places[key].append(row)
    return [places[key].pop() for key in _keys(np.column_stack([problem.inputs, problem.targets]))]


def _keys(rows: proben1.Array) -> list[bytes]:
    """Texts that are equal where rows are equal to the digits of the .dt files."""
    return [np.rint(row * 5000).astype(np.int64).tobytes() for row in rows.astype(np.float64)]


def coded(table: Table, raw: Raw) -> proben1.Array:
    """The rows of a table as PROBEN1 coded them: inputs and outputs (n, d), with 0 for the outputs of a row without an answer."""
    columns = []
    for name, code in raw.codes.items():
        column = table.column(name)
        if isinstance(code, tuple):
            assert column.numbers is not None
            gap = np.isnan(column.numbers)
            columns += [np.where(gap, 0, (column.numbers - code[0]) / (code[1] - code[0])), gap]
            continue
        words = words_of(table, name)
        for text in code.split("|"):
            value = {word: float(number) for word, number in (pair.rsplit("=", 1) for pair in text.split())}
            columns.append([value.get(word, 0.0) for word in words])
    answers = words_of(table, raw.label)
    return np.column_stack([*columns, *([word == name for word in answers] for name in raw.classes.split())])


def words_of(table: Table, name: str) -> list[str]:
    """The cells of a column of words, ? for gaps."""
    column = table.column(name)
    assert column.codes is not None
    return ["?" if code < 0 else column.words[code] for code in column.codes]
