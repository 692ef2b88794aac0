"""The kinds of findings of `ann check`: names and help lines (imports nothing, so that options and help are fast)."""

from __future__ import annotations

FINDING_NAMES: dict[str, str] = {
    "leak": "a column that tells the label, and may not be known where the network is used",
    "shared-rows": "rows of a validation or test file that are in another file too",
    "contradictions": "rows with equal inputs and different labels",
    "constant": "columns with one value, or none",
    "identifier": "columns that name the rows",
    "equal-columns": "columns that say the same as another, also with other words or numbers for its values",
    "numbers-as-words": "words among numbers, numbers with signs, dates",
    "codes": "numbers that look like a code for a missing value: -999, 9999, 0 far from the others",
    "outliers": "numbers that are much farther out than all others",
    "missing": "missing values",
    "spelling": "words that differ only in case, blanks or a letter from another one",
    "imbalance": "classes with few rows",
    "duplicates": "rows that equal an earlier one",
    "empty": "empty lines, and texts without a word",
    "length": "texts that are much shorter or longer than the others, and classes that differ in length",
    "encoding": "texts that were read in a wrong encoding",
    "markup": "tags and entities of HTML in texts",
    "drift": "columns that are distributed otherwise in another file",
    "range": "numbers far from those that trained the network",
    "unknown-words": "words and classes that the network does not know",
}
