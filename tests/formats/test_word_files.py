"""Files of word vectors: written and read back, the forms of other programs, and what is wrong with damaged ones."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.errors import NetworkError, ValueFault
from anncli.formats.networks.registry import name_of_format
from anncli.formats.networks.word_files import binary_of, parse_binary, parse_text, parse_words, text_of
from anncli.network.word_vectors import WordVectors

KNOWN = WordVectors(
    ("the", "wört", "-1", "3"), np.array([[0.1, -2], [1e-30, 3e20], [1 / 3, 0], [7, -0.0]], dtype=np.float32)
)
TEXT = "4 2\nthe 0.1 -2.0\nwört 1e-30 3e+20\n-1 0.33333334 0.0\n3 7.0 -0.0\n"


def same(one: WordVectors, other: WordVectors) -> bool:
    return one.words == other.words and one.vectors.tobytes() == other.vectors.tobytes()


def test_text_and_binary_are_read_back_bit_for_bit() -> None:
    assert text_of(KNOWN).decode() == TEXT
    assert same(parse_text(text_of(KNOWN), ""), KNOWN)
    assert binary_of(KNOWN)[:16] == b"4 2\nthe \xcd\xcc\xcc\x3d\x00\x00\x00\xc0"
    assert same(parse_binary(binary_of(KNOWN), ""), KNOWN)
    rng = np.random.default_rng(2)
    drawn = rng.integers(0, 2**32, (500, 3), dtype=np.uint32).view(np.float32)
    drawn = np.where(np.isfinite(drawn), drawn, np.float32(1.5))
    many = WordVectors(tuple(f"w{k}" for k in range(500)), drawn)
    for written in (text_of(many), binary_of(many)):
        assert same(parse_words(written, ""), many)


@pytest.mark.parametrize("change", [
    lambda text: text,
    lambda text: text.split("\n", 1)[1],
    lambda text: "\n".join(line + " " for line in text.split("\n")[:-1]),
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace(" ", "\t"),
    lambda text: text.replace(" ", "  "),
    lambda text: text + "\n\n",
])  # fmt: skip
def test_forms_of_text(change: object) -> None:
    data = change(TEXT).encode()  # type: ignore[operator]
    assert same(parse_words(data, ""), KNOWN)
    assert name_of_format(data) == ("word2vec" if data[:1] == b"4" else "glove")


def test_binary_forms() -> None:
    without_ends = b"4 2\n" + b"".join(w.encode() + b" " + v.tobytes() for w, v in zip(*KNOWN, strict=True))
    assert same(parse_words(without_ends, ""), KNOWN)
    assert name_of_format(without_ends) == name_of_format(binary_of(KNOWN)) == "word2vec"
    # No control character among the first bytes, but no text either.
    assert same(parse_binary(b"1 1\na aaaa\n", ""), WordVectors(("a",), np.frombuffer(b"aaaa", "<f4").reshape(1, 1)))


def test_a_word_may_have_blanks() -> None:
    found = parse_text(b", 1 2\n. . . 3 4\nat a@b.com 5 6\n", "")
    assert found.words == (",", ". . .", "at a@b.com")
    with pytest.raises(ValueFault, match=r"the word '\. \. \.' cannot stand"):
        text_of(found)


def test_only_the_first_words() -> None:
    for data in (text_of(KNOWN), binary_of(KNOWN), TEXT.split("\n", 1)[1].encode()):
        found = parse_words(data, "", 2)
        assert found.words == ("the", "wört")
        assert found.vectors.tobytes() == KNOWN.vectors[:2].tobytes()


@pytest.mark.parametrize(("data", "message"), [
    (b"3 2\na 1 2\nb 3 4\n", "v:1:1: the first line counts 3 words, and 2 follow; the file may be cut short: copy it anew"),
    (b"3 2\na 1 2\nb 3\n", "v:3:1: expected a word and 2 numbers, found 1 number; the file may be cut short: copy it anew"),
    (b"2 2\na 1 2\nb 3 nan\n", "v:3:5: 'nan' is not a finite number"),
    (b"2 2\na 1 2\nb inf 3\n", "v:3:3: 'inf' is not a finite number"),
    (b"2 2\na 1 2\na 3 4\n", "v:3:1: the word 'a' stands twice, first on line 2; leave one out"),
    (b"a 1 2\nb 1 2 3\n", "v:2:1: expected a word and 2 numbers, found 3 numbers; the file may be cut short: copy it anew"),
    (b"a 1 2\nb 1 2x\n", "v:2:5: '2x' is not a number"),
    (b"a 1 2\nb 1 1e99\n", "v:2:5: '1e99' is too large for a number"),
    (b"a 1 2\n\xff 1 2\n", "v:2:1: the word '\ufffd' is not UTF-8 text; save it as UTF-8"),
    (b"0 3\n", "v:1:1: the first line counts 0 words of 3 numbers; check that this is the right file"),
    (b"2 2\na 1 2\n\nb 1 2\n", "v:1:1: the first line counts 2 words, and 3 follow; the file may be cut short: copy it anew"),
    (b"hello\n", "v:1:1: expected a word and its numbers, found 'hello'"),
    (b"9 9999999\na 1\n", "v:1: 9999999 numbers a word are more than the 1000000 this program handles"),
    (b"9 1\na \0\0\0\0\nb \0\0\0", "v:1: the first line counts 9 words of 1 numbers, and the file is too short for them; the file may be cut short: copy it anew"),
    (b"2 1\na \0\0\0\0\na \0\0\0\0\n", "v: the word 'a' stands twice, as number 1 and 2"),
    (b"1 1\na \0\0\xc0\x7f\n", "v: word 1, 'a', has numbers that are not finite"),
    (b"1 1\na \0\0\0\0\nmore", "v: 5 bytes follow the 1 words that the first line counts"),
    (b"2 1\na \0\0\0\0\nb \0\0\0", "v: word 2 of 2 is cut short; the file may be cut short: copy it anew"),
    (b"2 1\na \0\0\0\0bbbbb\0", "v: word 2 of 2 is cut short; the file may be cut short: copy it anew"),
])  # fmt: skip
def test_damaged_files(data: bytes, message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        parse_words(data, "v")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "data",
    [b"5.1 3.5\n4.9 3.0\n", b"1 2\n3 4\n", b"a,b\n1,2\n", b"label 1\n", b"anncli: 1\ninputs: 9\n", b"9 2\n1 0 0 1\n"],
)
def test_other_files_are_not_taken_for_vectors(data: bytes) -> None:
    assert name_of_format(data) not in ("word2vec", "glove")
