"""`ann words`: arguments and help."""

from __future__ import annotations

import re

import click

from anncli.cli.asking.options import AnnCommand, argument, command
from anncli.cli.asking.values import Values
from anncli.options.table import TEXT

# `-man` is a word that is taken away; `-q`, `-vv` and `-h` are options.
_TAKEN_AWAY = re.compile(r"-(?!-)(?!v+$)(.{2,})", re.DOTALL)


class _WordsCommand(AnnCommand):
    """A command whose words may begin with a minus sign."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = [name for param in self.params if isinstance(param, click.Option) and not param.is_flag and not param.count for name in param.opts]  # fmt: skip
        taken, is_value = list[str](), False
        for word in args:
            match = None if is_value else _TAKEN_AWAY.fullmatch(word)
            taken += [word] if match is None else ["-", match[1]]
            is_value = word in named
        return super().parse_args(ctx, taken)


@command("words", cls=_WordsCommand)
@argument("network", "NETWORK")
@argument("terms", "[TERM...]", TEXT, nargs=-1)
def words_command(values: Values, network: str, terms: tuple[str, ...]) -> None:
    """Look at the vectors that NETWORK has for words: which words are near to a word, or to a sum of words.

    \b
    Examples:
      ann words words.nn king
      ann words words.nn king - man + woman
      ann words words.nn --analogies questions-words.txt
      ann words words.nn --pairs wordsim353.tsv
      ann words words.nn --complete "the cat sat on the"

    A line for each of the nearest words, with the cosine of the angle between the vectors. Several words are added up, words after
    a - are taken away; each vector has length 1 before. NETWORK has `inputs: words` and an embedding as its first layer, or is
    a file of vectors as word2vec, GloVe and fastText write them.
    """
    from anncli.cli.running.asking_words import run_words

    run_words(values, network, terms)
