"""What options say in the help of single commands."""

from __future__ import annotations

import pytest

from anncli.options.in_command import IN_COMMAND
from anncli.options.table import LONG, OPTIONS


@pytest.mark.parametrize("place", IN_COMMAND)
def test_words_of_a_command_are_shown_there(place: tuple[str, str]) -> None:
    command, option = place
    # A command that is not long shows all of its options in `-h`.
    text, default, full = IN_COMMAND[place]
    assert command not in LONG or command in OPTIONS[option].common or full, "the text is never seen"
    assert command in OPTIONS[option].commands
    assert text[0].isupper()
    assert not text.endswith(".")
    assert text != OPTIONS[option].brief or default is not None
