"""ONNX models by `ann export` and by skl2onnx of the same networks, side by side: size, exactness, time of onnxruntime.

    pip install . 'anncli[onnx]' scikit-learn skl2onnx
    python benchmarks/onnx_models.py [--write]        # puts the table into benchmarks/onnx.md

scikit-learn trains a pipeline of StandardScaler and MLPClassifier; `ann` takes it over and exports it. Exactness is the largest difference from the
probabilities of scikit-learn, which computes in 64 bits, over the rows. Both models are called in turn, by one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import skl2onnx
import sklearn
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import anncli
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.onnx.export import EXPORT

PAGE = Path(__file__).with_name("onnx.md")
BEGIN, END = "<!-- table -->\n", "<!-- end of the table -->\n"
SETS: dict[str, tuple[Callable[..., Any], tuple[int, ...], str]] = {
    "iris, 4-16-3": (load_iris, (16,), "tanh"),
    "breast cancer, 30-16-1": (load_breast_cancer, (16,), "logistic"),
    "digits, 64-64-10": (load_digits, (64,), "relu"),
    "digits, 64-256-256-10": (load_digits, (256, 256), "relu"),
}
_CALLS, _ROUNDS = 200, 15


def sessions(fitted: Any, inputs: np.ndarray) -> dict[str, tuple[bytes, Any]]:
    """By program: the bytes of the model, and onnxruntime's session."""
    network = anncli.from_sklearn(fitted)
    made = {
        "ann": EXPORT.render(network, ExportRequest())[""],
        "skl2onnx": skl2onnx.to_onnx(fitted, inputs[:1], options={"zipmap": False}).SerializeToString(),
    }
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return {name: (data, onnxruntime.InferenceSession(data, options)) for name, data in made.items()}


def milliseconds(session: Any, rows: np.ndarray, calls: int) -> float:
    """Of one call."""
    begin = time.perf_counter()
    for _ in range(calls):
        session.run(None, {"X": rows})
    return (time.perf_counter() - begin) / calls * 1e3


def table() -> str:
    lines = [
        "| network | program | bytes | largest difference | 1 row, ms | 1,000 rows, ms |\n|---|---|---:|---:|---:|---:|\n"
    ]
    for name, (load, hidden, activation) in SETS.items():
        data, answers = load(return_X_y=True)
        inputs = data.astype(np.float32)
        classifier = MLPClassifier(hidden, activation=activation, max_iter=60, random_state=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = make_pipeline(StandardScaler(), classifier).fit(inputs, answers)
        chances = fitted.predict_proba(inputs.astype(np.float64))
        many = inputs[np.arange(1000) % len(inputs)]
        made, times = sessions(fitted, inputs), {}
        for _ in range(_ROUNDS):
            for program, (_, session) in made.items():
                spent = (milliseconds(session, inputs[:1], _CALLS), milliseconds(session, many, _CALLS // 10))
                times.setdefault(program, []).append(spent)
        for program, (content, session) in made.items():
            scores = next(out for out in session.run(None, {"X": inputs}) if out.ndim == 2)
            wanted = chances[:, 1:] if scores.shape[1] == 1 else chances
            one, thousand = (statistics.median(column) for column in zip(*times[program], strict=True))
            difference = np.abs(scores - wanted).max()
            lines.append(f"| {name} | {program} | {len(content):,} | {difference:.1g} | {one:.4f} | {thousand:.3f} |\n")
    return "".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    text = table()
    if not parser.parse_args().write:
        print(text, end="")
        return
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    versions = f"onnxruntime {onnxruntime.__version__}, skl2onnx {skl2onnx.__version__}, scikit-learn {sklearn.__version__}\n\n"
    PAGE.write_text(before + BEGIN + "\n" + versions + text + "\n" + END + rest.split(END)[1], "utf-8")


if __name__ == "__main__":
    main()
