"""`ann check` on texts: planted faults are found, with their places, and clean texts raise nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from inside import Done, ann

__all__ = ["ann"]
Run = Callable[..., Done]
WORDS = [f"{a}{b}{c}" for a in "bdgkt" for b in "aeiou" for c in "lmnr"]


def texts(seed: int, n: int = 40, least: int = 6, most: int = 12) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choice(WORDS) for _ in range(rng.randint(least, most))) for _ in range(n)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place, name in enumerate(("good", "bad", "more_good", "more_bad")):
        (tmp_path / f"{name}.txt").write_text("\n".join(texts(place)) + "\n")
    return tmp_path


def changed(path: Path, change: Callable[[list[str]], None]) -> None:
    lines = path.read_text().splitlines()
    change(lines)
    path.write_text("\n".join(lines) + "\n")


def findings(ann: Run, *more: object) -> list[str]:
    shown = ann("check", "good.txt", "bad.txt", "--inputs", "words", *more).stdout
    return shown.split("\n\n")[1].splitlines()


def test_clean_texts_raise_nothing(folder: Path, ann: Run) -> None:
    shown = ann("check", "good.txt", "bad.txt", "--inputs", "words", "--test", "more_good.txt,more_bad.txt").stdout
    assert shown == (
        "good.txt, bad.txt: 80 texts; classes good 40, bad 40; 6 to 12 words, median 9\n"
        "more_good.txt, more_bad.txt (test): 80 texts; classes good 40, bad 40; 6 to 12 words, median 9\n"
        "\nnothing found\n"
    )
    alone = ann("check", "good.txt", "--inputs", "characters").stdout
    assert alone == "good.txt: 40 texts; 6 to 12 words, median 9\n\nnothing found\n"


def test_a_word_of_one_class_tells_it_where_more_than_half_of_its_texts_have_it(folder: Path, ann: Run) -> None:
    def half(lines: list[str]) -> None:
        lines[10:30] = [f"Rated: {line}" for line in lines[10:30]]

    changed(folder / "bad.txt", half)
    assert findings(ann) == ["nothing found"]
    changed(folder / "bad.txt", lambda lines: lines.__setitem__(5, f"rated {lines[5]}"))
    assert findings(ann) == [
        "warning: bad.txt:6: the word 'rated' is in 21 of 40 (52.5 %) texts of class 'bad' and in no other; "
        "if it comes from how the texts were gathered, and not from what they say, take it out"
    ]
    changed(folder / "good.txt", lambda lines: lines.__setitem__(7, "it is rated so or so by all of us"))
    assert findings(ann) == ["nothing found"]


def test_equal_texts_of_a_class_of_two_classes_and_of_two_sets(folder: Path, ann: Run) -> None:
    first = texts(0)[2]
    changed(folder / "good.txt", lambda lines: lines.append(first.upper() + " !"))
    changed(folder / "bad.txt", lambda lines: lines.__setitem__(0, f"({first})"))
    found = findings(ann)
    assert found == [
        "note: bad.txt:1: 1 of 81 (1.23 %) texts equal one of another class, but for case, signs and blanks; this one ('bad') "
        "good.txt:3 ('good'); correct the class of one of the two",
        "note: good.txt:41: 1 of 81 (1.23 %) texts equal an earlier one, but for case, signs and blanks; this one equals good.txt:3; "
        "if they are copies, leave them out: a validation set drawn from these texts has copies of training texts",
    ]
    changed(folder / "more_bad.txt", lambda lines: lines.__setitem__(slice(0, 3), texts(1)[4:7]))
    shared = findings(ann, "--test", "more_good.txt,more_bad.txt", "--skip", "duplicates,contradictions")
    assert shared == [
        "warning: more_bad.txt:1: 3 of 80 (3.75 %) texts are in good.txt, bad.txt too, but for case, signs and blanks; this one is "
        "bad.txt:5; take them out of one of the two: figures on more_good.txt, more_bad.txt would be too good"
    ]


def test_empty_short_and_long_texts(folder: Path, ann: Run) -> None:
    changed(folder / "good.txt", lambda lines: lines.insert(1, ""))
    changed(folder / "good.txt", lambda lines: lines.insert(4, " ... "))
    changed(folder / "bad.txt", lambda lines: lines.append(" ".join(WORDS * 2)))
    assert findings(ann) == [
        "warning: good.txt:5: 1 of 82 (1.22 %) texts have no word; leave them out: they say nothing about their class",
        "note: good.txt:2: 1 empty line, the first one here; they are left out; if a text goes on behind one, put it on one line",
        "note: bad.txt:41: 1 of 82 (1.22 %) texts are more than 20 times as long as the median of 9 words, this one has 200; "
        "see whether several texts are on one line",
    ]
    (folder / "good.txt").write_text("\n".join(texts(0, least=20, most=30)) + "\nkal\n")
    (folder / "bad.txt").write_text("\n".join(texts(1, least=80, most=100)) + "\n")
    found = findings(ann)
    assert [line.split(":")[0] for line in found] == ["note", "note"]
    assert "good.txt: texts of class 'bad' have " in found[0]
    assert found[1].startswith(
        "note: good.txt:41: 1 of 81 (1.23 %) texts have fewer than 3 words, this one 'kal'; the median is "
    )


def test_marks_of_a_wrong_encoding_and_of_markup(folder: Path, ann: Run) -> None:
    def spoil(lines: list[str]) -> None:
        lines[2] += " itâ€™s"
        lines[4] += " cafÃ© noir"
        lines[6] += " caf\ufffd"
        lines[8] += " a\x07b"
        lines[10] += "<br /><br />kal"
        lines[12] += " a &amp; b < c > d"
        lines[14] += " Ãlvares naïve Â château 3 < 4"

    changed(folder / "bad.txt", spoil)
    found = findings(ann)
    kinds = json.loads(ann("check", "good.txt", "bad.txt", "--inputs", "words", "--json").stdout)["findings"]
    assert [(one["kind"], one["line"], one["count"]) for one in kinds] == [
        ("encoding", 3, 2), ("encoding", 7, 1), ("encoding", 9, 1), ("markup", 11, 1), ("markup", 13, 1),
    ]  # fmt: skip
    assert "'<br />'" in found[3]
    assert "'&amp;'" in found[4]
    assert "itâ€™s'" in found[0]


def test_classes_of_unequal_size(folder: Path, ann: Run) -> None:
    (folder / "bad.txt").write_text("\n".join(texts(1, 3)) + "\n")
    (found,) = findings(ann)
    assert found.startswith("warning: bad.txt:1: class 'bad' of the label 'class' has 3 of 43 (6.98 %) rows; too few")


@pytest.mark.slow
def test_words_that_a_network_does_not_know(folder: Path, ann: Run) -> None:
    (folder / "net.nn").write_text("anncli: 1\ninputs: words\nlayers: [2 embedding, mean, 1 logistic]\n")
    ann("train", "net.nn", "good.txt", "bad.txt", 1, "-q", "-o", "t.nn")
    assert "nothing found" in ann("check", "t.nn", "more_good.txt", "more_bad.txt").stdout
    (folder / "other.txt").write_text("\n".join(f"nobody said {line}" for line in texts(5)) + "\n")
    shown = ann("check", "t.nn", "other.txt").stdout.split("\n\n")[1]
    assert shown.startswith("note: other.txt:1: 80 of ")
    assert "words are not among those that the network knows, as 'nobody' here" in shown
    assert "is not trained" not in shown
    assert "nothing found" in ann("check", "net.nn", "good.txt", "bad.txt").stdout


def test_folders_are_classes_and_what_does_not_fit_is_refused(folder: Path, ann: Run) -> None:
    (folder / "all").mkdir()
    for name in ("good", "bad"):
        (folder / f"{name}.txt").rename(folder / "all" / f"{name}.txt")
    assert "classes bad 40, good 40" in ann("check", "all", "--inputs", "words").stdout
    assert "--label is for tables" in ann("check", "all", "--inputs", "words", "--label", "x", check=2).stderr
    assert "--inputs 9: ann check sees this in the files" in ann("check", "all", "--inputs", "9", check=2).stderr
    (folder / "net.nn").write_text("anncli: 1\ninputs: words\nlayers: [2 embedding, mean, 1 logistic]\n")
    assert (
        "the network file says what a sample is" in ann("check", "net.nn", "all", "--inputs", "words", check=2).stderr
    )
    (folder / "latin.txt").write_bytes(b"caf\xe9\n")
    assert "latin.txt:1:4" in ann("check", "latin.txt", "--inputs", "words", check=3).stderr
    changed(folder / "all/bad.txt", lambda lines: lines.append("é\x01 kal dem"))
    assert "--strict: 1 finding" in ann("check", "all", "--inputs", "words", "--strict", check=3).stderr


def test_a_folder_of_each_class_with_a_file_for_each_text(folder: Path, ann: Run) -> None:
    for name, seed in (("good", 0), ("bad", 1)):
        (folder / "mails" / name).mkdir(parents=True)
        for number, text in enumerate(texts(seed)):
            (folder / "mails" / name / f"{number:02}.txt").write_text(
                f"Subject: {name}\n{text}\n" if number < 30 else text
            )
    shown = ann("check", "mails", "--inputs", "words").stdout.splitlines()
    assert shown[0].endswith(": 80 texts; classes bad 40, good 40; 6 to 14 words, median 10")
    assert [line for line in shown if "good" in line][1:] == [
        "warning: mails/good/00.txt:1: the word 'good' is in 30 of 40 (75 %) texts of class 'good' and in no other; "
        "if it comes from how the texts were gathered, and not from what they say, take it out"
    ]
    (folder / "mails/bad/39.txt").write_text("")
    assert "note: mails/bad/39.txt:1: 1 empty line" in ann("check", "mails", "--inputs", "words").stdout
