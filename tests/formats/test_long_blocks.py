"""Long literal blocks taken out of a document: the values and places are those of the whole text, whatever stands around them."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.errors import UsageError
from anncli.formats.files.document import PlacedMapping, parse_document
from anncli.formats.files.long_blocks import take_out

ROWS = "".join(f"    {k} {k * 0.5}\n" for k in range(9000))
WORDS = "".join(f"      wörd{k} {k}\n" for k in range(9000))
HEAD = "name: a\ntrained:\n  weights:\n  - |\n"
BETWEEN = "  short: |\n    one\n    two\n  encoder:\n    words: |\n"


def both(text: str, start: int = 0) -> tuple[PlacedMapping, PlacedMapping]:
    return parse_document(text, "x", long_from=start), parse_document(text, "x")


def test_values_and_places_are_those_of_the_whole_text() -> None:
    text = f"{HEAD}{ROWS}{BETWEEN}{WORDS}  end: [1, 2]\n  last: |\n    x y\n"
    assert len(take_out(text, 0).contents) == 2
    assert len(take_out(text, 0).text) < 300
    one, other = both(text)
    assert one == other
    for found in (one, other):
        trained = found["trained"]
        assert trained["weights"][0] == ROWS.replace("    ", "")
        assert trained["encoder"]["words"] == WORDS.replace("      ", "")
        assert trained["encoder"].value_places["words"] == (9009, 12)
        assert trained.key_places["end"] == (18010, 3)
        assert trained.value_places["last"] == (18011, 9)
    assert str(one["trained"]["encoder"].line_fault("words", 2, "bad")) == "x:9012:1: bad"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + ROWS + "\n    1 2\n  end: 3\n",  # an empty line is part of the block
        HEAD + ROWS + "  \n" + "  end: 3\n",
        HEAD + ROWS + "   1 2\n  end: 3\n",
        HEAD + ROWS + "      1 2\n  end: 3\n",  # further to the right: blanks are part of the text
        HEAD + "      1 2\n" + ROWS + "  end: 3\n",
        HEAD + ROWS[:-1],  # the last line has no end
        HEAD + ROWS + "end: [1\n",
        HEAD + ROWS + "  - |2\n" + ROWS,
        HEAD.replace("|", "|-") + ROWS,
        HEAD.replace("|", "| # text") + ROWS,
        HEAD.replace("\n", "\r\n") + ROWS.replace("\n", "\r\n"),
        HEAD + ROWS.replace("7.5", "7\x857"),
        HEAD + ROWS + "  - |\n" + ROWS + "  - |\n" + WORDS + "\tx: 1\n",
        HEAD + ROWS + "  x: &a 1\n",
        "a: |\n" + ROWS.replace("    ", "") + "b: 1\n",
        "a: |\n" + ROWS + "a: 1\n",
        "a: 'b: |\n" + ROWS + "  '\n",
    ],
)
def test_unusual_layouts_read_as_without(text: str) -> None:
    results = list[object]()
    for start in (0, None):
        try:
            results.append(parse_document(text, "x", long_from=start))
        except UsageError as fault:
            results.append(str(fault))
    assert results[0] == results[1]


def test_short_texts_and_what_stands_before_the_start_are_left_alone() -> None:
    text = f"{HEAD}{ROWS}  end: 1\n"
    assert take_out(text, len(HEAD)) == (text, (), (), ())
    assert take_out(text[:5000], 0).text == text[:5000]
    assert take_out(text, 0).whole_line(5) == len(np.array(ROWS.splitlines())) + 4
