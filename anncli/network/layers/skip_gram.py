"""Skip-gram: a word predicts each of the words around it."""

from __future__ import annotations

from typing import ClassVar

from anncli.network.layers.word_prediction import WordPrediction


class SkipGram(WordPrediction):
    """E = -sum over the words o around a word w: log s(O_o . U_w) + sum over its noise words n: log s(-O_n . U_w), s the logistic function;
    U are the vectors of the embedding, O the rows of the block (Mikolov et al. 2013)."""

    kind: ClassVar = "skip-gram"
    is_mean: ClassVar = False


LAYERS = {"skip-gram": SkipGram}
