"""CBOW, a continuous bag of words: the words around a word predict it together."""

from __future__ import annotations

from typing import ClassVar

from anncli.network.layers.word_prediction import WordPrediction


class Cbow(WordPrediction):
    """E = -log s(O_w . v) - sum over noise words n: log s(-O_n . v), v the mean of U over the words around w.

    A word around w gets dE/dv divided by their number, which is the gradient (Irsoy et al. 2020, Corrected CBOW performs as well as
    skip-gram, arXiv 2012.15332); other programs leave the division out.
    """

    kind: ClassVar = "cbow"
    is_mean: ClassVar = True


LAYERS = {"cbow": Cbow}
