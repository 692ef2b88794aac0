"""`ann report`: a page that stands alone, with everything that was asked of it, and nothing of single rows if not wanted."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ann_process import Ann

from anncli.cli.main import run

VOID = {"meta", "link", "wbr"}


class Page(HTMLParser):
    """The elements of a page; raises AssertionError for tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.scopes = 0
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [str(found["id"])] if "id" in found else []
        self.links += [str(found[key]) for key in ("href", "src") if key in found]
        self.scopes += "scope" in found
        assert tag != "th" or "scope" in found
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_page(text: str) -> Page:
    """What holds for every page."""
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    # Nothing comes from elsewhere.
    assert [link for link in page.links if not link.startswith("#")] == ["data:,"]
    assert "<script" not in text
    assert not re.search(r"@import|url\(|http-equiv=\"refresh", text)
    assert page.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    return page


@pytest.mark.slow
def test_page_of_two_classes(trained: Path, ann: Ann) -> None:
    ann("report", "net.nn", "pos.txt", "neg.txt", "-o", "r.html")
    text = (trained / "r.html").read_text()
    check_page(text)
    assert len(text.encode()) < 400_000
    for name in (
        "roc-1",
        "pr-1",
        "calibration-1",
        "confusion-1",
        "scores-1",
        "loss-1",
        "importance-1",
        "boundary-1",
        "weights-1",
    ):
        assert f'id="{name}-title"' in text
    assert "<span>train</span> <span>net.nn</span> <span>pos.txt</span> <span>neg.txt</span> <span>20</span>" in text
    assert "sensitivity (recall, SE)" in text
    assert re.search(r"% \([0-9.]+ to [0-9.]+\)</td>", text)
    ann("report", "net.nn", "pos.txt", "neg.txt", "-o", "again.html", "--threads", 2)
    assert (trained / "again.html").read_text() == text
    assert (
        "exists; overwrite it with --force"
        in ann("report", "net.nn", "pos.txt", "neg.txt", "-o", "r.html", check=2).stderr
    )


@pytest.mark.slow
def test_rows_that_trained_the_network_are_counted_and_figures_given_twice(trained: Path, ann: Ann) -> None:
    (trained / "more.txt").write_text((trained / "pos.txt").read_text() + "9 9\n8 9\n")
    (trained / "less.txt").write_text((trained / "neg.txt").read_text() + "-9 -9\n-8 -9\n")
    document = json.loads(ann("report", "net.nn", "more.txt", "less.txt", "-o", "r.html", "--json").stdout)
    assert (document["rows"], document["rows_seen"]) == (20, 16)
    text = (trained / "r.html").read_text()
    check_page(text)
    assert "16 of these 20 rows trained the network" in text
    assert (
        "<p>It is right for 100.00 % of the 4 rows that are new to it, 51.01 to 100.00 % at 95 % confidence; " in text
    )
    assert "always saying the largest class is right for 50.00 %.</p>" in text
    assert 'id="roc-1-title">ROC curve, all rows, of which 16 trained it' in text
    assert 'id="roc-2-title">ROC curve, rows that are new to it' in text


@pytest.mark.slow
def test_single_rows_can_be_left_out(tmp_path: Path, ann: Ann) -> None:
    rows = "\n".join(f"{k * 7919.125},{k % 5},{'ab'[k % 2 if k else 1]}" for k in range(40))
    (tmp_path / "t.csv").write_text(f"size,other,kind\n{rows}\n")
    ann("train", "t.csv", "3", "--label", "kind", "-q")
    ann("report", "t.nn", "t.csv", "-o", "with.html", "-q")
    ann("report", "t.nn", "t.csv", "-o", "without.html", "--no-rows", "-q")
    texts = [(tmp_path / name).read_text() for name in ("with.html", "without.html")]
    inner = {f"{k * 7919.125:.6g}" for k in range(1, 39)} - {f"{39 * 7919.125 / 2:.4g}"}
    assert [sum(f"<td>{value}</td>" in text for value in inner) > 0 for text in texts] == [True, False]
    assert ['id="mistakes"' in text for text in texts] == [True, False]
    for text in texts:
        check_page(text)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["numbers", "classes"])
def test_names_that_look_like_html_stay_text(tmp_path: Path, ann: Ann, task: str) -> None:
    nasty = "<script>alert('x')</script>&\"<b>"
    label = [f'<i>{k % 3}&"' if task == "classes" else f"{k * 1.5}" for k in range(30)]
    quoted = '"' + nasty.replace('"', '""') + '"'
    lines = [f"{k * 7 % 11},{k * k % 7}," + '"' + text.replace('"', '""') + '"' for k, text in enumerate(label)]
    (tmp_path / "t.csv").write_text(f"{quoted},second,answer\n" + "\n".join(lines) + "\n")
    ann("train", "t.csv", "3", "--label", "answer", "-q")
    ann("report", "t.nn", "t.csv", "-q")
    text = (tmp_path / "t-report.html").read_text()
    check_page(text)
    assert "<i>" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;alert" in text
    assert "<script" not in text


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("net.nn",), 2, "Missing argument 'DATA...'"),
        (("net.nn", "none.txt", "--confidence", "2"), 2, "--confidence"),
        (("net.nn", "none.txt", "-o", "-", "--json"), 2, "cannot both go to stdout"),
        (("net.nn", "none.txt"), 3, "ann: none.txt"),
        (("none.nn", "none.txt"), 4, "ann: none.nn: no such file"),
    ],
)
def test_bad_words_are_refused(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, message: str
) -> None:  # fmt: skip
    monkeypatch.chdir(trained)
    assert run(["report", *words]) == code
    assert message in capsys.readouterr().err
