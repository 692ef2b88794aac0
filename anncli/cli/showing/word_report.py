"""The training of word vectors as work in hand, and the report of it."""

from __future__ import annotations

from typing import Any

from anncli.cli.showing.line_fit import Piece, bar, clock, fitted, span
from anncli.cli.showing.work import Pace
from anncli.errors import count_of, printable
from anncli.formats.data.word_corpus import WordCorpus
from anncli.network.layers.word_prediction import WordPrediction
from anncli.network.network import Network
from anncli.training.word_vectors import WordProgress, WordTraining

# Words of the hint at `ann words`.
_COMMON = 200


class WordWork:
    """Steps through a text; n_words: the words of the text, with those that are left out."""

    def __init__(self, epochs: int, n_words: int) -> None:
        self.epochs, self.n_words, self.pace = epochs, n_words, Pace()
        self._progress: WordProgress | None = None
        self._first = 0.0

    def see(self, progress: WordProgress) -> None:
        """A piece was read."""
        if self._progress is None:
            # An earlier run may have done some; the first piece here is not part of it.
            self._first = float(progress.places)
        self._progress = progress
        self.pace.see(progress.places)

    def line(self, width: int) -> str:
        progress = self._progress
        if progress is None:
            return ""
        left = self.pace.left(progress.of)
        pieces = [
            Piece(bar(progress.places / progress.of, width), 1),
            Piece(f"epoch {progress.epoch}/{self.epochs}", 9),
            Piece(clock(self.pace.elapsed), 7),
            Piece("" if left is None else f"{clock(left)} left", 6),
            Piece(f"loss {progress.loss:.4f}", 5),
            Piece(self._speed(), 4),
        ]
        return fitted(pieces, width)

    def sentence(self) -> str:
        progress = self._progress
        if progress is None:
            return f"no part of the text is read yet, {span(self.pace.elapsed)}"
        left = self.pace.left(progress.of)
        text = f"epoch {progress.epoch} of {self.epochs}, {span(self.pace.elapsed)}"
        text += "" if left is None else f", about {span(left)} left"
        return f"{text}; loss {progress.loss:.4g}, {self._speed()}"

    def _speed(self) -> str:
        """Words of the text in a second, those that are left out counted."""
        assert self._progress is not None
        done = (self._progress.places - self._first) / self._progress.of * self.epochs * self.n_words
        return f"{done / self.pace.elapsed:,.0f} words/s" if done and self.pace.elapsed > 0 else ""


def word_summary(
    network: Network, corpus: WordCorpus, training: WordTraining, seed: int, is_continued: bool
) -> dict[str, Any]:  # fmt: skip
    """What a training will do, for --dry-run and --json."""
    layer = network.layers[-1]
    assert isinstance(layer, WordPrediction)
    return {
        "inputs": network.n_inputs,
        "layers": [layer.text() for layer in network.layers],
        "parameters": network.topology.n_parameters,
        "start": "continued" if is_continued else "new weights",
        "files": [{"file": printable(s.name), "samples": s.n_samples} for s in corpus.sources],
        "words": corpus.n_words,
        "different_words": corpus.n_different,
        "vocabulary": network.n_inputs,
        "words_kept": len(corpus.tokens),
        "sentences": len(corpus.starts) - 1,
        "epochs_at_most": training.epochs,
        "trainer": "online",
        "options": {"learning_rate": training.rate},
        "loss": layer.loss_text,
        "seed": seed,
        "kernel": training.session.name,
    }


def summary_text(found: dict[str, Any]) -> str:
    """The lines of a summary."""
    texts = ", ".join(f"{file['file']} ({file['samples']:,} lines)" for file in found["files"])
    return "\n".join(
        [
            f"text        {texts}",
            f"words       {found['words']:,}, {found['different_words']:,} different ones",
            f"vocabulary  {found['vocabulary']:,} words, which are {found['words_kept']:,} words of the text",
            f"layers      {', '.join(found['layers'])}: {found['parameters']:,} parameters",
            f"training    {count_of(found['epochs_at_most'], 'epoch')}, learning rate {found['options']['learning_rate']:g}, "
            f"{found['loss']}, seed {found['seed']}, {found['kernel']}",
        ]
    )


def outcome_text(found: dict[str, Any], training: WordTraining, example: str, output: str) -> str:
    """The report: the summary, the loss of each epoch, and what to do next."""
    losses = " ".join(f"{loss:.4g}" for loss in training.losses)
    lines = [summary_text(found)]
    lines += [f"loss        of a predicted word, by epoch: {losses}"] if losses else []
    written = "stdout" if output == "-" else printable(output)
    lines.append(f"written     {written}")
    if output != "-":
        lines.append(f"next        ann words {printable(output)} {example}")
    return "\n".join(lines)


def example_word(network: Network) -> str:
    """A word to ask about: not one of the most frequent ones, which stand near everything."""
    assert network.vocabulary is not None
    symbols = network.vocabulary.symbols[: 2 * _COMMON]
    plain = [word for word in symbols if word.isalpha() and len(word) > 4]
    return plain[-1] if plain else symbols[-1]
