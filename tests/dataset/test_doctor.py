"""The examination of data: each mistake is found in a small table made for it, with its place, and clean ones are not reported."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from anncli.dataset.dataset import Dataset, Source
from anncli.dataset.doctor import SAMPLED_CELLS, examine, examine_briefly, sample_of
from anncli.dataset.doctor_drift import chi_square_p, chi_square_tail, holm_rejects, kolmogorov_smirnov
from anncli.dataset.doctor_network import Known, KnownColumn
from anncli.dataset.examined import examined
from anncli.dataset.findings import Examined, Finding, Part
from anncli.tables import TableColumn, make_table

N = 60
RNG = np.random.default_rng(0)
CLEAN: dict[str, list[Any]] = {
    "size": RNG.normal(50, 10, N).round(3).tolist(),
    "colour": RNG.choice(["red", "green", "blue"], N).tolist(),
    "ill": RNG.choice(["yes", "no"], N).tolist(),
}


def rows_of(
    columns: dict[str, list[Any]], labels: tuple[str, ...] = ("ill",), task: str = "classification", **more: Any
) -> Examined:
    """The table as it would be read from t.csv, whose first line has the names."""
    table = make_table(columns)
    table = table._replace(lines=range(2, 2 + table.n_rows), header_line=1)
    inputs = tuple(name for name in table.names if name not in labels)
    positions = {name: k for k, name in enumerate(table.names, 1)}
    return Examined(table, inputs, labels, task if labels else "", (Part("t.csv", table.n_rows),), positions, **more)


def found_in(columns: dict[str, list[Any]], *args: Any, **more: Any) -> list[Finding]:
    return examine({"training": rows_of(columns, *args, **more)})


def only(found: list[Finding], kind: str) -> Finding:
    own = [one for one in found if one.kind == kind]
    assert len(own) == 1, found
    return own[0]


def with_column(name: str, cells: list[Any]) -> dict[str, list[Any]]:
    return {"first": RNG.normal(size=N).tolist(), name: cells, **CLEAN}


def place(finding: Finding) -> tuple[Any, ...]:
    return finding.path, finding.line, finding.column


def test_nothing_is_found_in_a_clean_table() -> None:
    assert found_in(CLEAN) == []


@pytest.mark.parametrize(("cells", "text"), [([7] * N, "the same value in every row (7)"), ([None] * N, "is empty"), (["x", *[None] * (N - 1)], "the same value in every row where it has one ('x')")])  # fmt: skip
def test_a_constant_column_has_the_place_of_its_name(cells: list[Any], text: str) -> None:
    finding = only(found_in(with_column("c", cells)), "constant")
    assert text in finding.message
    assert (finding.name, finding.is_serious) == ("c", True)
    assert place(finding) == ("t.csv", 1, 2)
    assert finding.advice == "it says nothing; leave it out with --ignore c"


def test_a_label_of_one_class_is_no_column_to_leave_out() -> None:
    finding = only(found_in({**CLEAN, "ill": ["yes"] * N}), "constant")
    assert finding.advice == "give rows with other answers too"


def test_identifiers_are_counters_in_any_order_words_and_different_whole_numbers() -> None:
    counted = only(found_in(with_column("id", list(range(5, N + 5)))), "identifier")
    assert "counts the rows (5 to 64)" in counted.message
    mixed = only(found_in(with_column("id", RNG.permutation(N).tolist())), "identifier")
    assert "numbers the rows, in another order" in mixed.message
    words = only(found_in(with_column("id", [f"P{k}" for k in range(N)])), "identifier")
    assert "60 different words in 60 rows" in words.message
    sparse = only(found_in(with_column("id", (RNG.permutation(N) ** 2 * 7).tolist())), "identifier")
    gaps = only(found_in(with_column("id", [k + k // 20 for k in RNG.permutation(N).tolist()])), "identifier")
    assert "a different whole number in every row (0 to 61)" in gaps.message
    serious = [one.is_serious for one in (counted, mixed, words, gaps, sparse)]
    assert serious == [True, True, True, True, False]


def test_a_measure_with_fractions_or_a_repeated_number_is_no_identifier() -> None:
    assert found_in(with_column("m", [0.5 + k for k in RNG.permutation(N).tolist()])) == []
    assert found_in(with_column("m", [*RNG.permutation(N - 1).tolist(), 3])) == []


def test_columns_that_say_the_same_are_found_however_they_say_it() -> None:
    words = {"red": "r", "green": "g", "blue": "b"}
    codes = {"red": 3, "green": 1, "blue": 2}
    sizes = CLEAN["size"]
    for cells, earlier in (
        (list(CLEAN["colour"]), "colour"),
        ([words[cell] for cell in CLEAN["colour"]], "colour"),
        ([codes[cell] for cell in CLEAN["colour"]], "colour"),
        ([round(9 * x / 5 + 32, 6) for x in sizes], "size"),
        ([-math.exp(x / 100) for x in sizes], "size"),
    ):
        finding = only(
            found_in({"size": sizes, "colour": CLEAN["colour"], "same": cells, "ill": CLEAN["ill"]}), "equal-columns"
        )
        assert finding.name == "same"
        assert f"column '{earlier}'" in finding.message
    coded = only(found_in({"colour": CLEAN["colour"], "same": [codes[c] for c in CLEAN["colour"]], "ill": CLEAN["ill"]}), "equal-columns")  # fmt: skip
    first = CLEAN["colour"][int(np.argmin([codes[c] for c in CLEAN["colour"]]))]
    assert f"({1} where that has '{first}')" in coded.message


def test_two_columns_with_one_rare_value_in_the_same_row_agree_by_chance() -> None:
    once = [0] * (N - 1) + [1]
    assert found_in({"a": once, "b": list(once), **CLEAN}) == []


def test_a_column_with_one_cell_of_another_is_not_the_same() -> None:
    changed = list(CLEAN["colour"])
    changed[7] = "red" if changed[7] != "red" else "blue"
    assert found_in({"copy": changed, **CLEAN}) == []


def test_leaks_of_classes_are_found_as_words_as_intervals_and_as_gaps() -> None:
    ill = CLEAN["ill"]
    cases = {
        "stands for": [{"yes": "Y", "no": "N"}[x] for x in ill],
        "separates the classes of the label 'ill' by a single threshold": [
            float(x == "yes") + 0.9 * u for x, u in zip(ill, RNG.random(N), strict=True)
        ],
        "is missing in the rows of one class of the label 'ill'": [
            None if x == "yes" else u for x, u in zip(ill, RNG.random(N), strict=True)
        ],
        "determines": [f"{x}{k % 5}" for k, x in enumerate(ill)],
    }
    for how, cells in cases.items():
        finding = only(found_in(with_column("told", cells)), "leak")
        assert how in finding.message, finding
        assert (finding.name, finding.is_serious, place(finding)) == ("told", True, ("t.csv", 1, 2))


def test_one_exception_in_2000_rows_is_still_a_leak_and_three_are_none() -> None:
    n = 2000
    labels = RNG.choice(["yes", "no"], n).tolist()
    cells = [int(x == "yes") for x in labels]
    columns = {"x": RNG.normal(size=n).tolist(), "told": cells, "ill": labels}
    cells[5] = 1 - cells[5]
    assert "except in 1 row" in only(found_in(columns), "leak").message
    cells[50], cells[500] = 1 - cells[50], 1 - cells[500]
    assert found_in(columns) == []


def test_a_class_that_one_number_separates_from_two_others_is_no_leak() -> None:
    kinds = ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    length = [1 + k / 100 for k in range(20)] + RNG.normal(5, 1, 40).tolist()
    assert found_in({"length": length, "x": RNG.normal(size=N).tolist(), "kind": kinds}, ("kind",)) == []


def test_few_rows_and_rare_classes_prove_no_leak() -> None:
    few = {"x": [1.5, 2.5, 3.5, 4.5, *range(20, 36)], "ill": ["yes"] * 1 + ["no"] * 19}
    assert [one for one in found_in(few) if one.kind == "leak"] == []


def test_words_of_one_row_each_prove_no_leak() -> None:
    names = [f"{x}-{k if k % 3 == 0 else 'all'}" for k, x in enumerate(CLEAN["ill"])]
    assert [one.kind for one in found_in(with_column("name", names))] == []


def test_leaks_of_numbers_are_other_units_the_same_order_and_words_for_them() -> None:
    price = RNG.normal(100, 20, N).round(2).tolist()
    steps = RNG.integers(0, 6, N).tolist()
    columns = {"x": RNG.normal(size=N).tolist(), "told": [0.0] * N, "price": price}
    for cells, how in (
        ([1.17 * p - 4 for p in price], "factor and a shift"),
        ([math.exp(p / 20) for p in price], "same order"),
    ):
        finding = only(found_in(columns | {"told": cells}, ("price",), "regression"), "leak")
        assert how in finding.message
    words = {"x": columns["x"], "told": [f"w{s}" for s in steps], "price": [1.5 * s for s in steps]}
    assert "determines the label" in only(found_in(words, ("price",), "regression"), "leak").message
    noisy = [p + e for p, e in zip(price, RNG.normal(0, 1, N), strict=True)]
    assert found_in(columns | {"told": noisy}, ("price",), "regression") == []


def test_repeated_and_contradictory_rows_by_hand() -> None:
    # Rows 1, 3 and 4 have equal inputs; 3 repeats 1, and 4 contradicts both. The best answer for them is wrong once.
    table = {"a": [1, 2, 1, 1, 5], "b": ["x", "x", "x", "x", "y"], "ill": ["yes", "no", "yes", "no", "no"]}
    found = found_in(table)
    repeated, other = only(found, "duplicates"), only(found, "contradictions")
    assert (repeated.affected, place(repeated)) == (1, ("t.csv", 4, None))
    assert "1 of 5 (20 %) rows equal an earlier one in all columns; this one equals t.csv:2" in repeated.message
    assert (other.affected, place(other), other.is_serious) == (3, ("t.csv", 2, None), True)
    assert "another label: this one and t.csv:5 ('yes', 'no')" in other.message
    assert other.advice.endswith("no network predicts more than 80 % of these rows correctly")


def test_a_column_that_counts_does_not_hide_equal_rows() -> None:
    half = {name: cells[:30] * 2 for name, cells in CLEAN.items()}
    assert only(found_in({"id": list(range(N)), **half}), "duplicates").affected == 30


def test_codes_for_missing_values_lie_apart() -> None:
    cells = [round(x) for x in RNG.normal(60, 12, N)]
    assert found_in(with_column("age", list(cells))) == []
    for code in (-999, 9999, -99):
        finding = only(found_in(with_column("age", [*cells[:-2], code, code])), "codes")
        assert (finding.affected, finding.line, finding.column) == (2, N, 2)
        assert (
            finding.advice
            == f"if it stands for a missing value, leave these cells empty, or say --na {code} for all columns"
        )
        assert finding.is_serious
    zeros = only(found_in(with_column("age", [0, 0, *cells[2:]])), "codes")
    assert (zeros.is_serious, zeros.line) == (False, 2)
    assert found_in(with_column("age", [99, *cells[1:]])) == []
    answers = [k * k % 5 for k in range(N)]
    assert found_in(with_column("answer", [9, *answers[1:]])) == []
    assert only(found_in(with_column("answer", [9, *[min(2, cell) for cell in answers[1:-1]], 3])), "codes").line == 2


def test_an_outlier_is_far_from_all_others_and_a_heavy_tail_is_none() -> None:
    cells = RNG.normal(1.7, 0.1, N).round(3).tolist()
    finding = only(found_in(with_column("height", [*cells[:9], 171.0, *cells[10:]])), "outliers")
    assert (finding.is_serious, finding.line, finding.affected) == (True, 11, 1)
    assert only(found_in(with_column("height", [*cells[:9], -8.0, *cells[10:]])), "outliers").is_serious is False
    assert found_in(with_column("income", RNG.lognormal(10, 1, N).tolist())) == []


def test_missing_cells_are_counted_and_the_first_one_is_the_place() -> None:
    finding = only(found_in(with_column("m", [1.5, None, 2.5, None, *RNG.normal(size=N - 4).tolist()])), "missing")
    assert (finding.affected, place(finding), finding.is_serious) == (2, ("t.csv", 3, 2), False)
    label = only(found_in({**CLEAN, "ill": [None, *CLEAN["ill"][1:]]}), "missing")
    assert label.is_serious
    assert label.advice == "--missing-label drop leaves them out"


@pytest.mark.parametrize("wrong", ["Scarlet", "scarlet ", "SCARLET.", "skarlet", "scralet", "scarlett", "scalet"])
def test_one_word_in_two_spellings(wrong: str) -> None:
    colours = [word.replace("red", "scarlet") for word in CLEAN["colour"]]
    cells = [wrong, *(colours * 3)[1:]]
    columns = {"x": RNG.normal(size=3 * N).tolist(), "colour": cells, "ill": CLEAN["ill"] * 3}
    finding = only(found_in(columns), "spelling")
    assert (finding.affected, place(finding)) == (1, ("t.csv", 2, 2))
    assert finding.message.startswith(f"column 'colour': '{wrong}' (1) may be 'scarlet'")


def test_words_that_differ_in_meaning_are_left_alone() -> None:
    for words in (
        ["B", "B-", "B+"],
        ["A1", "A2", "A3"],
        ["1.5", "15", "x"],
        ["north", "forth", "earth"],
        ["C", "C#", "C++"],
    ):
        columns = {"x": RNG.normal(size=N).tolist(), "word": (words * 20)[:N], "ill": CLEAN["ill"]}
        assert [one for one in found_in(columns) if one.kind == "spelling"] == []


def test_a_word_among_numbers_is_shown_with_its_line() -> None:
    cells: list[Any] = RNG.normal(5, 1, N).round(2).tolist()
    finding = only(found_in(with_column("m", [*cells[:20], "12o5", *cells[21:]])), "numbers-as-words")
    assert (place(finding), finding.affected, finding.is_serious) == (("t.csv", 22, 2), 1, True)
    assert "'12o5'" in finding.message
    few = only(found_in(with_column("m", [*[k % 4 for k in range(N - 1)], "two"])), "numbers-as-words")
    assert (few.line, few.affected) == (N + 1, 1)
    dates = only(found_in(with_column("day", [f"2024-05-{1 + k % 28:02d}" for k in range(N)])), "numbers-as-words")
    assert not dates.is_serious


def test_rare_classes() -> None:
    two = only(found_in({**CLEAN, "ill": ["yes", "yes", *["no"] * (N - 2)]}), "imbalance")
    assert (two.is_serious, two.affected, place(two)) == (True, 2, ("t.csv", 2, 3))
    rare = {name: cells * 4 for name, cells in CLEAN.items()} | {"ill": ["yes"] * 6 + ["no"] * 234}
    finding = only(examine({"training": rows_of(rare)}, skip=("duplicates", "contradictions")), "imbalance")
    assert (finding.is_serious, "97.5 %" in finding.advice) == (False, True)


def sets_of(first: dict[str, list[Any]], second: dict[str, list[Any]]) -> dict[str, Examined]:
    """Two files as the parts of one table, as they are read."""
    both = rows_of({name: [*first[name], *second[name]] for name in first})
    n, m = len(first["ill"]), len(second["ill"])
    lines = [*range(2, n + 2), *range(2, m + 2)]
    table = both.table._replace(lines=lines)
    one = both._replace(table=table.part(slice(0, n)), parts=(Part("a.csv", n),))
    return {
        "training": one,
        "test": both._replace(table=table.part(slice(n, n + m)), parts=(Part("b.csv", m),), title="test"),
    }


def halves() -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    rng = np.random.default_rng(5)
    n = 400
    whole = {
        "x": rng.normal(size=n).tolist(),
        "w": rng.choice(list("abc"), n).tolist(),
        "ill": rng.choice(["yes", "no"], n).tolist(),
    }
    return {k: v[:200] for k, v in whole.items()}, {k: v[200:] for k, v in whole.items()}


def test_rows_of_another_set() -> None:
    first, second = halves()
    assert examine(sets_of(first, second)) == []
    second = {name: [*cells, *first[name][10:25]] for name, cells in second.items()}
    finding = only(examine(sets_of(first, second)), "shared-rows")
    assert (finding.affected, finding.is_serious, finding.rows, place(finding)) == (
        15,
        True,
        "test",
        ("b.csv", 202, None),
    )
    assert "15 of 215 (6.98 %) rows have the inputs of a row of a.csv; this one those of a.csv:12" in finding.message


def test_a_set_that_is_distributed_otherwise_or_has_other_words() -> None:
    first, second = halves()
    shifted = second | {"x": [x + 1 for x in second["x"]]}
    assert only(examine(sets_of(first, shifted)), "drift").name == "x"
    mostly = second | {"w": ["a" if k % 2 else word for k, word in enumerate(second["w"])]}
    assert only(examine(sets_of(first, mostly)), "drift").name == "w"
    gaps = second | {"x": [None if k % 4 == 0 else x for k, x in enumerate(second["x"])]}
    assert "25 % missing, and 0 % there" in only(examine(sets_of(first, gaps)), "drift").message
    strange = second | {"w": ["z", *second["w"][1:]], "x": [*second["x"][:3], 1e6, *second["x"][4:]]}
    found = examine(sets_of(first, strange))
    assert (only(found, "unknown-words").line, only(found, "unknown-words").is_serious) == (2, False)
    assert place(only(found, "range")) == ("b.csv", 5, 1)


def test_random_halves_do_not_alarm() -> None:
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        columns = {f"x{k}": TableColumn(f"x{k}", rng.normal(size=400)) for k in range(20)}
        table = make_table({"ill": ["yes", "no"] * 200})
        table = table._replace(columns=(*columns.values(), *table.columns))
        rows = Examined(table, tuple(columns), ("ill",), "classification", (Part("a", 200), Part("b", 200)))
        alarms += bool([one for one in examine({"training": rows}) if one.kind == "drift"])
    assert alarms <= 2


def test_values_that_a_network_does_not_know() -> None:
    known = Known(
        {"size": KnownColumn(0, 80, "odd"), "colour": KnownColumn(levels=frozenset(["red", "green"]))},
        {"ill": ("yes", "maybe")},
    )
    found = examine({"training": rows_of({**CLEAN, "size": [81.0, *CLEAN["size"][1:]]})}, known)
    assert "1 of 60 (1.67 %) numbers (81) are odd" in only(found, "range").message
    words = [one for one in found if one.kind == "unknown-words"]
    assert [one.name for one in words] == ["ill", "colour"]
    assert [one.affected for one in words] == [CLEAN["ill"].count("no"), CLEAN["colour"].count("blue")]


def test_groups_that_are_in_two_sets() -> None:
    first, second = halves()
    both = sets_of(
        first | {"who": [f"p{k % 50}" for k in range(200)]}, second | {"who": [f"p{49 + k % 50}" for k in range(200)]}
    )
    both = {name: rows._replace(inputs=("x", "w"), group="who") for name, rows in both.items()}
    finding = only(examine(both), "shared-rows")
    assert finding.message.startswith("1 value of column 'who' in b.csv is in a.csv too")


def test_the_short_form_has_what_is_serious_and_nothing_that_the_reader_has_said() -> None:
    columns = with_column("c", [7] * N) | {"told": [int(x == "yes") for x in CLEAN["ill"]]}
    rows = {"training": rows_of(columns)}
    found, n = examine_briefly(rows, is_table=True)
    assert ([one.kind for one in found], n) == (["leak"], N)
    assert [one.kind for one in examine_briefly(rows, is_table=False)[0]] == ["leak", "constant"]


def test_many_rows_are_sampled_and_the_files_of_the_sample_stay() -> None:
    n = SAMPLED_CELLS // 4
    inputs = np.random.default_rng(0).normal(size=(2 * n, 4)).astype(np.float32)
    labels = (inputs[:, 1] > 0).astype(int)
    data = Dataset(inputs, labels, ("a", "b"), sources=(Source("one.txt", "", n - 1), Source("two.txt", "", n + 1)))
    rows = examined(data, {})
    found, n_rows = examine_briefly(rows, is_table=False)
    assert [(one.kind, one.name) for one in found] == [("leak", "2")]
    assert found[0].message.endswith(f" (in a sample of {n_rows} rows)")
    assert n_rows == -(-2 * n // 3)
    taken = sample_of(rows["training"], 3)
    assert sum(part.n_rows for part in taken.parts) == taken.n_rows == n_rows
    assert taken.parts[0].n_rows == len(range(0, n - 1, 3))


def test_the_short_form_is_silent_about_the_constant_columns_of_pictures_and_about_very_wide_rows() -> None:
    inputs = np.random.default_rng(0).integers(0, 3, (50, 30)).astype(np.float32)
    inputs[:, :3] = 7
    labels = inputs[:, 10].astype(int) > 0
    data = Dataset(inputs, labels.astype(int), ("a", "b"), sources=(Source("x.txt", "", 50),))
    kinds = [one.kind for one in examine_briefly(examined(data, {}), is_table=False)[0]]
    assert kinds == ["leak", "constant", "constant", "constant"]
    inputs[:, 3] = 7
    assert [one.kind for one in examine_briefly(examined(data, {}), is_table=False)[0]] == ["leak"]
    wide = Dataset(np.tile(inputs, 70), labels.astype(int), ("a", "b"), sources=data.sources)
    assert examine_briefly(examined(wide, {}), is_table=False)[0] == []


def test_rows_of_weight_0_are_left_out_before_a_training() -> None:
    inputs = np.arange(60, dtype=np.float32).reshape(30, 2) ** 1.5
    inputs[20:] = inputs[:10]
    weights = np.ones(30)
    labels = np.arange(30) % 2
    labels[20:] = 1 - labels[:10]
    files = (Source("x.txt", "", 15), Source("y.txt", "", 15))
    found, _ = examine_briefly(
        examined(Dataset(inputs, labels, ("a", "b"), sources=files, weights=weights), {}), is_table=False
    )
    assert [one.kind for one in found] == ["contradictions"]
    weights[20:] = 0
    rows = examined(Dataset(inputs, labels, ("a", "b"), sources=files, weights=weights), {})
    assert examine_briefly(rows, is_table=False)[0] == []
    assert [part.n_rows for part in rows["training"].parts] == [15, 5]


def test_samples_with_several_labels_are_examined_label_by_label() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(100, 3)).astype(np.float32)
    targets = np.stack([inputs[:, 0] > 0, inputs[:, 2] > 0.5], axis=1).astype(np.float32)
    data = Dataset(
        inputs, targets=targets, target_names=("p", "q"), task="multi-label", sources=(Source("x.arff", "", 100),)
    )
    found = examine(examined(data, {}))
    assert sorted((one.kind, one.name) for one in found) == [("leak", "1"), ("leak", "3")]


@pytest.mark.parametrize(
    "columns", [{"a": [1]}, {"a": [None]}, {"a": ["x"]}, {"a": [None, None]}, {"a": [1, 2], "b": [None, None]}]
)
def test_tables_with_nearly_nothing_in_them_do_no_harm(columns: dict[str, list[Any]]) -> None:
    found = found_in(columns, ())
    assert {one.kind for one in found} <= {"constant", "duplicates"}


def test_chi_square_and_kolmogorov_smirnov_by_hand() -> None:
    assert chi_square_tail(3.841459, 1) == pytest.approx(0.05, abs=1e-6)
    assert chi_square_tail(4 * math.log(10), 2) == pytest.approx(0.01)
    assert chi_square_tail(18.307038, 10) == pytest.approx(0.05, abs=1e-6)
    # 30 : 70 against 50 : 50 is 2 * (100 / 40 + 100 / 60) = 8.333.
    assert chi_square_p(np.array([[30, 70], [50, 50]])) == pytest.approx(chi_square_tail(25 / 3, 1))
    assert kolmogorov_smirnov(np.array([1.0, 2, 3]), np.array([2.0, 3, 4, 5])) == pytest.approx(0.5)
    assert holm_rejects([0.04, 0.001, 0.02, 0.012], 0.05) == [True, True, True, True]
    assert holm_rejects([0.04, 0.001, 0.03, 0.012], 0.05) == [False, True, False, True]
