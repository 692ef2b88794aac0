"""Sentences of a small grammar, with the tag of every word: `python3 data/tags/make.py` writes tags/train.tsv and tags/test.tsv.

Half of the verbs and nouns are the same words, and `that`, `her`, `fast` and `light` have two or three tags, so that the words around
them decide. About four words in a hundred of test.tsv are not in train.tsv. The same files come out every time.
"""

from __future__ import annotations

import random
from pathlib import Path

# Words that may be a noun or a verb.
BOTH = [
    "walk",
    "play",
    "run",
    "book",
    "watch",
    "paint",
    "plant",
    "fish",
    "cook",
    "talk",
    "dance",
    "hand",
    "step",
    "cut",
    "dream",
    "look",
    "rest",
    "turn",
]
NOUNS = [
    "cat",
    "dog",
    "table",
    "river",
    "house",
    "friend",
    "garden",
    "window",
    "teacher",
    "child",
    "road",
    "letter",
    "morning",
    "city",
    "bird",
    "song",
    "door",
    "apple",
]
VERBS = ["see", "find", "open", "bring", "follow", "carry", "hear", "build", "send", "break", "take", "keep"]
ADJECTIVES = [
    "old",
    "small",
    "green",
    "quiet",
    "long",
    "bright",
    "cold",
    "good",
    "happy",
    "strange",
    "light",
    "fast",
    "heavy",
    "open",
]
ADVERBS = ["slowly", "often", "here", "there", "soon", "fast", "well", "never", "again", "gladly"]
PREPOSITIONS = ["in", "on", "under", "near", "with", "behind", "from", "to"]
PRONOUNS = ["i", "you", "he", "she", "we", "they", "it"]
POSSESSIVES = ["her", "his", "my", "our", "their"]
NAMES = ["anna", "peter", "maria", "tom", "lucy", "paul"]
AUXILIARIES = ["will", "can", "must", "may", "should"]
NUMBERS = ["two", "three", "four", "seven", "ten"]
# Words that only the test sentences have, by their tag.
NEW = {
    "noun": ["lantern", "bridge", "sailor"],
    "verb": ["gather", "polish"],
    "adj": ["purple", "gentle"],
    "name": ["ivan"],
}

Tagged = list[tuple[str, str]]


class Grammar:
    """Draws sentences; rate: how often a word is one of NEW where it could be."""

    def __init__(self, seed: int, rate: float) -> None:
        self.random, self.rate = random.Random(seed), rate

    def word(self, tag: str, words: list[str]) -> tuple[str, str]:
        if tag in NEW and self.random.random() < self.rate:
            words = NEW[tag]
        return self.random.choice(words), tag

    def noun(self) -> tuple[str, str]:
        return self.word("noun", BOTH if self.random.random() < 0.5 else NOUNS)

    def verb(self) -> tuple[str, str]:
        return self.word("verb", BOTH if self.random.random() < 0.5 else VERBS)

    def thing(self, depth: int = 0) -> Tagged:
        """A noun with what stands before and after it, a name or a pronoun."""
        kind = self.random.random()
        if kind < 0.15:
            return [self.word("name", NAMES)]
        found = [
            ("the", "det")
            if kind < 0.6
            else self.word("det", ["a", "that", "this"])
            if kind < 0.85
            else self.word("det", POSSESSIVES)
        ]
        if self.random.random() < 0.15:
            found = [self.word("num", NUMBERS)]
        while self.random.random() < 0.35:
            found.append(self.word("adj", ADJECTIVES))
        found.append(self.noun())
        if depth < 1 and self.random.random() < 0.2:
            found += [self.word("prep", PREPOSITIONS), *self.thing(depth + 1)]
        return found

    def action(self) -> Tagged:
        """A verb with an auxiliary, an object and an adverb, where it has them."""
        found = [self.word("aux", AUXILIARIES)] if self.random.random() < 0.5 else []
        if self.random.random() < 0.2:
            found.append(self.word("adv", ADVERBS))
        found.append(self.verb())
        kind = self.random.random()
        if kind < 0.5:
            found += self.thing()
        elif kind < 0.65:
            found.append(self.word("pron", ["her", "him", "it", "that", "you"]))
        elif kind < 0.75:
            found += [self.word("conj", ["that", "if"]), *self.clause()]
        if self.random.random() < 0.4:
            found.append(self.word("adv", ADVERBS))
        return found

    def clause(self) -> Tagged:
        subject = [self.word("pron", PRONOUNS)] if self.random.random() < 0.4 else self.thing()
        return [*subject, *self.action()]

    def sentence(self) -> Tagged:
        found = self.clause()
        while self.random.random() < 0.2:
            found += [self.word("conj", ["and", "but"]), *self.clause()]
        return [*found, (self.random.choice(".!") if self.random.random() < 0.3 else ".", "punct")]


def write(path: Path, grammar: Grammar, n: int) -> None:
    sentences = ["".join(f"{word}\t{tag}\n" for word, tag in grammar.sentence()) for _ in range(n)]
    path.write_text("\n".join(sentences))


if __name__ == "__main__":
    folder = Path("tags")
    folder.mkdir(exist_ok=True)
    write(folder / "train.tsv", Grammar(1, 0), 1000)
    write(folder / "test.tsv", Grammar(2, 0.08), 250)
