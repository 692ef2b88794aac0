"""The estimators in scikit-learn: its own checks, grid search against `ann cv`, pipelines, data frames of pandas and polars."""

from __future__ import annotations

import contextlib
import csv
import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anncli
from anncli import AnnClassifier, AnnRegressor

pytest.importorskip("sklearn")

ROOT = Path(__file__).parents[1]
# Rows that are repeated are divided into sets and batches otherwise than rows of a weight; see test_estimators.py for the case in
# which chance decides nothing.
FAILING = {
    "check_sample_weight_equivalence_on_dense_data": "chance divides repeated rows otherwise than weighted ones",
    "check_sample_weights_invariance": "as above, of scikit-learn 1.5",
}


def checks(model: Any) -> list[tuple[str, Callable[[], None]]]:
    """Name and call of every check of the installed scikit-learn, 1.5 or later."""
    from sklearn.utils import estimator_checks

    found: list[tuple[str, Callable[[], None]]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if hasattr(estimator_checks, "estimator_checks_generator"):
            pairs = list(estimator_checks.estimator_checks_generator(model, expected_failed_checks={}))
        else:
            pairs = list(estimator_checks.check_estimator(model, generate_only=True))
    for own, check in pairs:
        name = getattr(getattr(check, "func", check), "__name__", str(check))
        found.append((name, lambda own=own, check=check: check(own)))  # type: ignore[misc]
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "model",
    [
        AnnClassifier(epochs=200),
        AnnRegressor(epochs=200),
        AnnClassifier(),
        AnnRegressor(),
        AnnClassifier(trainer="rprop", hidden=(4, 3), epochs=60, missing="median"),
        AnnRegressor(trainer="lbfgs", hidden=0, validation=0.3, epochs=60, missing="indicator"),
        AnnClassifier(trainer="scg", restarts=2, epochs=40, l2=0.001),
    ],
    ids=str,
)  # fmt: skip
def test_every_check_of_scikit_learn_passes(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    from unittest import SkipTest

    n_passed, failed = 0, []
    for name, check in checks(model):
        if name in FAILING:
            continue
        try:
            check()
            n_passed += 1
        except SkipTest:
            pass
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
    assert failed == []
    assert n_passed >= 40


def ann(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "anncli", *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def columns_of(path: Path) -> dict[str, list[Any]]:
    """The columns of a CSV file, with numbers where all cells are numbers."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    found: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    for name, cells in found.items():
        with contextlib.suppress(ValueError):
            found[name] = [float(cell) for cell in cells]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "label", "options"),
    [
        ("data/iris.csv", "species", {}),
        ("data/cancer.csv", "diagnosis", {"trainer": "rprop", "validation": 0.3}),
        ("data/cancer.csv", "diagnosis", {"calibration": "platt", "class_weight": "balanced"}),
    ],
)
def test_grid_search_has_the_figures_of_ann_cv_on_the_same_folds(
    tmp_path: Path, data: str, label: str, options: dict[str, Any]
) -> None:
    pd = pytest.importorskip("pandas")
    from sklearn.model_selection import GridSearchCV, PredefinedSplit, cross_val_predict

    table, folds_file = pd.read_csv(ROOT / data), tmp_path / "folds.csv"
    said = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    grid, wanted, predicted = [3, (6, 4)], [], {}
    for hidden in grid:
        units = ",".join(map(str, np.ravel(hidden)))
        common = [data, "40", "--label", label, "--hidden", units, "--folds", "4", "--seed", "7", *said]
        where = ["--folds-file", str(folds_file), "--predictions", str(tmp_path / f"{units}.csv")]
        document = json.loads(ann("cv", *common, *where, "--json"))
        wanted.append([fold["test"]["accuracy"] for fold in document["folds"]])
        predicted[units] = pd.read_csv(tmp_path / f"{units}.csv")
    folds = pd.read_csv(folds_file).sort_values("row")["fold"].to_numpy()
    inputs, labels, split = table.drop(columns=label), table[label], PredefinedSplit(folds - 1)
    model = AnnClassifier(epochs=40, random_state=7, **options)
    search = GridSearchCV(model, {"hidden": grid}, cv=split, n_jobs=2).fit(inputs, labels)
    found = [[search.cv_results_[f"split{k}_test_score"][place] for k in range(4)] for place in range(2)]
    assert found == wanted
    assert search.best_params_["hidden"] == grid[int(np.argmax(np.mean(wanted, axis=1)))]
    # The scores of every row too.
    rows = cross_val_predict(model.set_params(hidden=3), inputs, labels, cv=split, method="predict_proba")
    own = predicted["3"]
    names = [name for name in sorted(set(labels)) if f"score_{name}" in own]
    assert names
    for name in names:
        place = sorted(set(labels)).index(name)
        np.testing.assert_array_equal(
            own.sort_values("row")[f"score_{name}"].to_numpy(np.float32), rows[:, place].astype(np.float32)
        )


@pytest.mark.slow
def test_a_regression_has_them_too(tmp_path: Path) -> None:
    """With a category among the inputs."""
    pd = pytest.importorskip("pandas")
    from sklearn.model_selection import PredefinedSplit, cross_val_predict, cross_val_score

    table, folds_file = pd.read_csv(ROOT / "data/iris.csv"), tmp_path / "folds.csv"
    words = ["data/iris.csv", "40", "--label", "petal_width", "--hidden", "3", "--folds", "5", "--seed", "2"]
    where = ["--folds-file", str(folds_file), "--predictions", str(tmp_path / "p.csv"), "--json"]
    document = json.loads(ann("cv", *words, *where))
    split = PredefinedSplit(pd.read_csv(folds_file).sort_values("row")["fold"].to_numpy() - 1)
    inputs, targets = table.drop(columns="petal_width"), table["petal_width"]
    model = AnnRegressor(hidden=3, epochs=40, random_state=2)
    found = cross_val_predict(model, inputs, targets, cv=split)
    own = pd.read_csv(tmp_path / "p.csv")
    np.testing.assert_array_equal(own.sort_values("row")["predicted"].to_numpy(np.float32), found.astype(np.float32))
    wanted = [fold["test"]["r2"] for fold in document["folds"]]
    np.testing.assert_allclose(cross_val_score(model, inputs, targets, cv=split), wanted, rtol=1e-6)


def frames(cells: dict[str, list[Any]]) -> list[Any]:
    """The same table as a frame of each library that is installed."""
    found = []
    with contextlib.suppress(ImportError):
        import pandas as pd

        found += [
            pd.DataFrame(cells),
            pd.DataFrame(cells).convert_dtypes(),
            pd.DataFrame(cells).astype({"city": "category"}),
        ]
    with contextlib.suppress(ImportError):
        import polars as pl

        found += [pl.DataFrame(cells), pl.DataFrame(cells).with_columns(pl.col("city").cast(pl.Categorical))]
    with contextlib.suppress(ImportError):
        import pyarrow as pa

        found.append(pa.table(cells))
    return found


def test_frames_of_every_library_give_the_same_network() -> None:
    rng = np.random.default_rng(1)
    cells: dict[str, list[Any]] = {
        "city": [["Rome", "Oslo", None][k % 3] for k in range(30)],
        "age": [None, *rng.integers(1, 90, 29).tolist()],
        "height": rng.normal(size=30).tolist(),
        "member": [bool(k % 2) for k in range(30)],
    }
    y = ["yes" if k % 2 else "no" for k in range(30)]
    wanted = AnnClassifier(hidden=3, epochs=10, missing="median").fit(cells, y)
    every = frames(cells)
    assert len(every) >= 1
    for frame in every:
        model = AnnClassifier(hidden=3, epochs=10, missing="median").fit(frame, y)
        assert model.feature_names_in_.tolist() == list(cells)
        np.testing.assert_array_equal(model.predict_proba(frame), wanted.predict_proba(cells))
        assert model.network_.encoder == wanted.network_.encoder


def test_categories_of_frames_are_words_also_where_they_are_numbers() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    codes, y = [3, 1, 2, 1] * 8, ["u", "v"] * 16
    wanted = AnnClassifier(hidden=2, epochs=3, category=["k"]).fit({"k": codes}, y)
    assert wanted.network_.encoder is not None
    assert wanted.network_.encoder.names == ("k=1", "k=2", "k=3")
    words = pl.DataFrame({"k": list(map(str, codes))})
    for frame in (
        pd.DataFrame({"k": pd.Categorical(codes)}),
        words.with_columns(pl.col("k").cast(pl.Categorical)),
        words,
    ):
        model = AnnClassifier(hidden=2, epochs=3).fit(frame, y)
        np.testing.assert_array_equal(model.predict_proba(frame), wanted.predict_proba({"k": codes}))


def test_answers_of_frames_keep_their_names() -> None:
    pd = pytest.importorskip("pandas")
    inputs = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["a", "b"])
    one = AnnRegressor(hidden=2, epochs=3).fit(inputs, inputs["a"].rename("gain"))
    two = AnnRegressor(hidden=2, epochs=3).fit(inputs, pd.DataFrame({"gain": inputs["a"], "loss": inputs["b"]}))
    assert (one.network_.target_names, two.network_.target_names) == (("gain",), ("gain", "loss"))
    classes = pd.Series(["x", "y"] * 10, dtype="category", name="kind")
    model = AnnClassifier(hidden=2, epochs=3).fit(inputs, classes)
    assert model.network_.encoder is not None
    assert model.network_.encoder.roles.labels == ("kind",)
    assert set(model.predict(inputs)) <= {"x", "y"}


def test_a_network_fitted_on_a_frame_is_used_by_the_command(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    table = pd.read_csv(ROOT / "data/iris.csv")
    model = AnnClassifier(hidden=3, epochs=20).fit(table.drop(columns="species"), table["species"])
    anncli.save(model.network_, tmp_path / "iris.nn")
    classes = ann("predict", str(tmp_path / "iris.nn"), "data/iris.csv", "--classes", "-q").split()[1:]
    assert classes == model.predict(table.drop(columns="species")).tolist()


def test_pipelines_and_parallel_copies() -> None:
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    cells = columns_of(ROOT / "data/iris.csv")
    y = np.array(cells.pop("species"))
    inputs = np.column_stack([*cells.values()])
    pipeline = make_pipeline(StandardScaler(), AnnClassifier(hidden=4, epochs=60, learning_rate=0.05))
    one = cross_val_score(pipeline, inputs, y, cv=3)
    assert one.min() > 0.85
    np.testing.assert_array_equal(cross_val_score(clone(pipeline), inputs, y, cv=3, n_jobs=2), one)
    scores = cross_val_score(AnnClassifier(hidden=4, epochs=30), inputs[:100], y[:100], cv=3, scoring="roc_auc")
    assert scores.min() > 0.9


def test_scores_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, r2_score

    rng = np.random.default_rng(2)
    inputs, weights = rng.normal(size=(50, 2)), rng.uniform(size=50)
    y = (inputs[:, 0] > 0).astype(int)
    code = "import sys; sys.modules['sklearn'] = None\n" + (
        "import numpy as np, anncli\nrng = np.random.default_rng(2)\nX, w = rng.normal(size=(50, 2)), rng.uniform(size=50)\n"
        "y = (X[:, 0] > 0).astype(int)\nm = anncli.AnnClassifier(hidden=2, epochs=9).fit(X, y)\n"
        "r = anncli.AnnRegressor(hidden=2, epochs=9).fit(X, X[:, ::-1] * 3)\n"
        "print(m.score(X, y, w), r.score(X, X[:, ::-1] * 3, w), type(m).__mro__[1].__module__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    alone = done.stdout.split()
    model = AnnClassifier(hidden=2, epochs=9).fit(inputs, y)
    numbers = AnnRegressor(hidden=2, epochs=9).fit(inputs, inputs[:, ::-1] * 3)
    assert float(alone[0]) == pytest.approx(accuracy_score(y, model.predict(inputs), sample_weight=weights))
    assert float(alone[1]) == pytest.approx(
        r2_score(inputs[:, ::-1] * 3, numbers.predict(inputs), sample_weight=weights)
    )
    assert alone[2] == "anncli.python.base"


def test_weights_are_routed_through_a_pipeline() -> None:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(2)
    inputs, weights = rng.normal(size=(50, 2)), rng.uniform(size=50)
    y = np.where(inputs[:, 0] > 0, "up", "down")
    pipeline = make_pipeline(StandardScaler(), AnnClassifier(hidden=2, epochs=5))
    pipeline.fit(inputs, y, annclassifier__sample_weight=weights)
    scaled = StandardScaler().fit_transform(inputs)
    wanted = AnnClassifier(hidden=2, epochs=5).fit(scaled, y, weights).predict_proba(scaled)
    np.testing.assert_array_equal(pipeline.predict_proba(inputs), wanted)
