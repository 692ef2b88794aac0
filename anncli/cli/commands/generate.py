"""`ann generate`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("generate")
def generate_command(values: Values, words: Words) -> None:
    """Write a text: the start, and N characters that follow it, each as soon as it is chosen.

    \b
    Examples:
      ann generate char.nn --start "ROMEO:" --length 500
      ann generate char.nn --start "ROMEO:" --temperature 0.5 --seed 7
      head -c 200 play.txt | ann generate char.nn --start - --length 1000

    The network is one that predicts the next character of a text: `inputs: characters`, and no layer that makes one row of many.
    At --temperature 1 each character is drawn with the probability that the network gives it, below 1 the likelier ones more often,
    and at 0 it is always the likeliest. The same start, seed and temperature give the same text.
    """
    from anncli.cli.running.generating import run_generate

    run_generate(values, words)
