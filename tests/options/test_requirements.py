"""Requirements: what is read, what is refused, and where the limit is."""

from __future__ import annotations

import pytest

from anncli.errors import ValueFault
from anncli.options.requirements import METRICS, Requirement, requirements


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("acc >= 99.9%", Requirement("acc>=99.9%", "accuracy", ">=", 0.999)),
        ("TPR>5e1%", Requirement("TPR>5e1%", "sensitivity", ">", 0.5)),
        ("roc-auc.low>=0.9", Requirement("roc-auc.low>=0.9", "auc", ">=", 0.9, None, "low")),
        ("average_precision.HIGH<1", Requirement("average_precision.HIGH<1", "pr-auc", "<", 1.0, None, "high")),
        ("recall[a, b].low>=0.8", Requirement("recall[a, b].low>=0.8", "sensitivity", ">=", 0.8, "a, b", "low")),
        ("precision[x.low]>0", Requirement("precision[x.low]>0", "precision", ">", 0.0, "x.low")),
        ("r2>=-1", Requirement("r2>=-1", "r2", ">=", -1.0)),
        ("fn=0", Requirement("fn=0", "fn", "==", 0.0)),
        ("logloss<=2", Requirement("logloss<=2", "log-loss", "<=", 2.0)),
    ],
)
def test_one_is_read(text: str, read: Requirement) -> None:
    assert requirements(text) == (read,)


def test_commas_separate_but_not_inside_names() -> None:
    found = requirements(["acc>=0.5,recall[a,b]>=0.1, se>0", "sp>0"])
    assert [str(one) for one in found] == ["acc>=0.5", "recall[a,b]>=0.1", "se>0", "sp>0"]
    assert [one.word for one in found] == ["acc", "recall", "se", "sp"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("acc>=99", "'acc>=99': acc is at most 1; write 99% or 0.99"),
        ("auc>=1.5", "'auc>=1.5': auc is at most 1; write 1.5% or 0.015"),
        ("acc>=101%", "'acc>=101%': acc is at most 1; write for example 90% or 0.9"),
        ("se>=-0.1", "'se>=-0.1': se is at least 0; write another limit"),
        ("rmse<=5%", "'rmse<=5%': rmse is not a percentage; write the limit without %"),
        ("n.low>=5", "'n.low>=5': n counts rows and has no interval; leave the .low or .high out"),
        ("tp[a]>=5", "'tp[a]>=5': tp is counted over all rows; leave the [...] out"),
        ("acc=>0.9", "cannot read 'acc=>0.9'; write for example acc>=0.9"),
        ("acc.mid>=0.9", "cannot read 'acc.mid>=0.9'; write for example acc>=0.9"),
        ("", "cannot read ''; write for example acc>=0.9"),
        ("mse<=1e999", "cannot read 'mse<=1e999'; write for example acc>=0.9"),
        ("top-7>=0.9", "unknown metric 'top-7'; did you mean 'top-5'?"),
    ],
)
def test_one_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueFault) as caught:
        requirements(text)
    if "top-7" in text:
        assert str(caught.value).startswith("unknown metric 'top-7'; did you mean 'top-")
    else:
        assert str(caught.value) == message


def test_rounding_decides_nothing() -> None:
    tenths = sum([0.1] * 9)
    assert tenths != 0.9
    wanted = requirements("acc>=90%,acc<=0.9,acc=0.9,acc>0.9,acc<0.9")
    assert [one.holds(tenths) for one in wanted] == [True, True, True, False, False]
    assert [one.holds(0.9 - 1e-9) for one in wanted] == [False, True, False, False, True]
    assert not any(one.holds(None) for one in wanted)


def test_no_name_means_two_metrics() -> None:
    names = [name for key, metric in METRICS.items() for name in {key, *metric.synonyms}]
    assert len(names) == len(set(names))
