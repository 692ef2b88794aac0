"""The loss curve of a network file: that of the history, the same with --resume, counted by `ann info`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ann_process import ROOT, Ann

from anncli.formats.networks.storage import load

DATA = [str(ROOT / "data/iris/versicolor.txt"), str(ROOT / "data/iris/virginica.txt")]


@pytest.mark.slow
def test_curve_is_that_of_the_history_and_of_a_resumed_run(tmp_path: Path, ann: Ann) -> None:
    common = ["--trainer", "rprop", "--patience", "0"]
    ann("init", "a.nn", "--data", ",".join(DATA))
    ann("train", "a.nn", *DATA, "30", *common, "-o", "whole.nn", "--history", "h.jsonl")
    ann("train", "a.nn", *DATA, "12", *common, "-o", "half.nn", "--checkpoint", "c.ckpt")
    ann("train", "a.nn", *DATA, "30", *common, "-o", "resumed.nn", "--resume", "c.ckpt")
    assert (tmp_path / "whole.nn").read_bytes() == (tmp_path / "resumed.nn").read_bytes()
    curve = load(tmp_path / "whole.nn").curve
    assert curve is not None
    lines = [json.loads(line) for line in (tmp_path / "h.jsonl").read_text().splitlines()]
    for phase, points in (("training", curve.training), ("refit", curve.retraining)):
        of_phase = [line for line in lines if line["phase"] == phase]
        assert [p.epoch for p in points] == [line["epoch"] for line in of_phase]
        assert [f"{p.training:.6g}" for p in points] == [f"{line['training_loss']:.6g}" for line in of_phase]
    assert all(p.validation is not None for p in curve.training)
    assert all(p.validation is None for p in curve.retraining)
    shown = json.loads(ann("info", "whole.nn", "--json").stdout)["curve"]
    assert shown == {"training": 30, "retraining": len(curve.retraining)}


@pytest.mark.slow
def test_ann1dn_files_have_no_curve(tmp_path: Path, ann: Ann) -> None:
    ann("init", "a.nn", "--data", ",".join(DATA), "--dialect", "ann1dn")
    ann("train", "a.nn", *DATA, "5")
    assert "curve" not in (tmp_path / "a.nn").read_text()
    assert load(tmp_path / "a.nn").curve is None
