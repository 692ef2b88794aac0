"""Roles of columns: which one is the label, by option, by name or by itself, and the errors where it is not clear."""

import pytest
from small_tables import numbers, table, words

from anncli.dataset.request import TableRequest
from anncli.dataset.roles import Place, choose_roles, find_columns
from anncli.errors import DataError, UsageError

N = 20
PLACE = Place("d.csv")
A, B = numbers("a", *(k / 2 for k in range(N))), numbers("b", *(k * 0.5 for k in range(N)))
SPECIES = words("species", *("xy"[k % 2] for k in range(N)))
COLOUR = words("colour", *("rgb"[k % 3] for k in range(N)))
ID = words("id", *(f"p{k}" for k in range(N)))


def roles(given, said=None, **request):
    notes = [] if said is None else said
    return choose_roles(given, TableRequest(**request), PLACE, notes.append)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("species", ("species",)),
        ("first", ("a",)),
        ("last", ("species",)),
        ("last:2", ("b", "species")),
        ("1", ("a",)),
        ("3", ("species",)),
    ],
)
def test_words_of_a_label(word, found) -> None:
    assert find_columns(table(A, B, SPECIES), word, "--label", PLACE) == found


def test_a_name_wins_over_a_position() -> None:
    given = table(numbers("2", *range(N)), numbers("last", *range(N)), SPECIES)
    assert find_columns(given, "2", "--label", PLACE) == ("2",)
    assert find_columns(given, "last", "--label", PLACE) == ("last",)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("specis", "d.csv: --label: no column 'specis'; did you mean 'species'?"),
        ("0", "d.csv: --label: no column '0'; there are 3 columns, counted from 1"),
        ("4", "d.csv: --label: no column '4'; there are 3 columns, counted from 1"),
        ("last:3", "d.csv: --label: no column 'last:3'; there are 3 columns, counted from 1"),
    ],
)
def test_a_column_that_is_not_there(word, message) -> None:
    with pytest.raises(UsageError) as caught:
        find_columns(table(A, B, SPECIES), word, "--label", PLACE)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["class", "Target", "LABEL", "y"])
def test_a_column_called_like_a_label_is_it(name) -> None:
    said = []
    found = roles(table(A, words(name, *("xy"[k % 2] for k in range(N))), COLOUR), said)
    assert (found.labels, found.inputs) == ((name,), ("a", "colour"))
    assert said == [f"the label is column '{name}': its name says so (--label NAME takes another)"]


def test_the_last_column_is_the_label_if_it_is_the_only_one_of_words() -> None:
    said = []
    assert roles(table(A, B, SPECIES), said).labels == ("species",)
    assert said == [
        "the label is column 'species': it is the only column of words, and the last one (--label NAME takes another)"
    ]


@pytest.mark.parametrize(
    ("columns", "could_be"),
    [
        ((A, COLOUR, SPECIES), "'species', 'colour'"),
        ((SPECIES, A), "'a', 'species'"),
        ((A, B), "'b'"),
        ((A, numbers("k", *(j % 3 for j in range(N))), B), "'b', 'k'"),
        ((A, ID), ""),
        ((A, words("y", *"xy" * 10), words("class", *"xy" * 10)), "'y', 'class'"),
    ],
)
def test_columns_that_could_be_the_label_are_listed(columns, could_be) -> None:
    with pytest.raises(UsageError) as caught:
        roles(table(*columns))
    advice = f"say --label NAME; it could be {could_be}" if could_be else "say --label NAME"
    assert str(caught.value) == f"d.csv: it is not clear which column is the label; {advice}"


def test_a_format_that_declares_its_labels_needs_no_option() -> None:
    assert roles(table(A, COLOUR, SPECIES, labels=["colour"])).labels == ("colour",)
    assert roles(table(A, COLOUR, SPECIES, labels=["colour"]), label=("species",)).labels == ("species",)


def test_other_roles() -> None:
    given = table(ID, A, B, numbers("w", *[1] * N), SPECIES)
    found = roles(given, label=("last",), ignore=("id",), weight="w")
    assert (found.labels, found.inputs, found.weight, found.ignored) == (("species",), ("a", "b"), "w", ("id",))
    used = roles(given, label=("species",), use=("b", "2"))
    assert used.inputs == ("a", "b")
    assert used.ignored == ("id", "w")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"ignore": ("species",)}, "column 'species' is named by --label and by --ignore"),
        ({"weight": "a", "ignore": ("a",)}, "column 'a' is named by --weight and by --ignore"),
        ({"use": ("a",), "ignore": ("a",)}, "column 'a' is named by --ignore and by --use"),
        ({"weight": "a", "group": "1"}, "column 'a' is named by --weight and by --group"),
    ],
)
def test_a_column_has_one_role(request_, message) -> None:
    with pytest.raises(UsageError) as caught:
        roles(table(A, B, SPECIES), label=("species",), **request_)
    assert str(caught.value) == f"d.csv: {message}; name it once"


def test_a_table_without_inputs() -> None:
    with pytest.raises(DataError) as caught:
        roles(table(A, SPECIES), label=("species",), ignore=("a",))
    assert str(caught.value) == (
        "d.csv: no column is left for the inputs; name fewer columns with --ignore and --label"
    )


def test_a_column_about_rows_is_no_label() -> None:
    assert roles(table(COLOUR, A, SPECIES), group="colour").labels == ("species",)
    with pytest.raises(UsageError, match=r"it could be 'b'(, 'a')?$"):
        roles(table(COLOUR, A, B), sequence="colour")
