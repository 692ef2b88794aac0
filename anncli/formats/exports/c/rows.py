"""C text of rows of a table: a struct with a member for each column, words looked up, cells encoded as inputs."""

from __future__ import annotations

from anncli.formats.exports.c.text import array_text, comment_text, float_text, identifiers, string_text
from anncli.network.encoders.table import InputColumn
from anncli.network.network import Network


def has_rows(network: Network) -> bool:
    """Whether a row of a table is more than the network's inputs as they stand."""
    return network.encoder is not None and not network.encoder.is_plain


def _columns(network: Network) -> list[tuple[str, InputColumn]]:
    """The columns with an identifier for each."""
    assert network.encoder is not None
    columns = network.encoder.columns
    return list(zip(identifiers([column.name for column in columns]), columns, strict=True))


def row_declarations(network: Network) -> str:
    if not has_rows(network):
        return ""
    members, levels, names = [], "", _level_names(network)
    for own, column in _columns(network):
        shown = comment_text(column.name)
        if column.kind == "number":
            members.append(f"  float c_{own}; /* {shown}; NaN where it is missing */")
            continue
        members.append(f"  int c_{own}; /* {shown}: what $n_{own}_level() gives */")
        levels += f"/* {shown} */\n{names[own]}$public int $n_{own}_level(const char *word);\n"
    return (
        "/* A row of the table. Words become numbers by the functions $n_..._level(): $N_UNKNOWN for words that were not\n"
        "   among the training rows, $N_MISSING for NULL and empty words. */\n"
        "#define $N_MISSING (-1)\n#define $N_UNKNOWN (-2)\ntypedef struct {\n" + "\n".join(members) + "\n} $n_row;\n"
        + levels + "/* The inputs [$N_N_INPUTS] of a row. Returns 0, or the number (from 1) of the first column whose cell is missing and\n"
        "   not filled, or not finite. */\n"
        "$public int $n_encode(const $n_row *row, float *in);\n"
        "/* $n_encode() and $n_predict(). */\n$public int $n_predict_row(const $n_row *row, float *out);\n"
    )  # fmt: skip


def _level_names(network: Network) -> dict[str, str]:
    """For each column of words an enum of its levels, whose names differ from those of all other columns."""
    words = {own: [*c.levels, *(["rare"] if c.rare else [])] for own, c in _columns(network) if c.kind == "category"}
    names = iter(identifiers([f"{own}_{word}" for own, own_words in words.items() for word in own_words]))
    enums = {}
    for own, own_words in words.items():
        lines = [f"  $N_LEVEL_{next(names).upper()} = {at}" for at in range(len(own_words))]
        enums[own] = "enum {\n" + ",\n".join(lines) + "\n};\n" if lines else ""
    return enums


def row_definitions(network: Network) -> str:
    """The functions of row_declarations()."""
    if not has_rows(network):
        return ""
    assert network.encoder is not None
    text, body, at = _LOOK_UP, "", 0
    for number, (own, column) in enumerate(_columns(network), 1):
        if column.kind == "category":
            text += _level_function(own, column)
        body += _cell(f"row->c_{own}", column, number, at, network.encoder.may_miss(column))
        at += column.width
    return text + (
        f"$public int $n_encode(const $n_row *row, float *in)\n{{\n  int i;\n"
        f"  for (i = 0; i < $N_N_INPUTS; ++i)\n    in[i] = 0;\n{body}  return 0;\n}}\n"
        "$public int $n_predict_row(const $n_row *row, float *out)\n{\n  float in[$N_N_INPUTS];\n"
        "  const int refused = $n_encode(row, in);\n  return refused ? refused : $n_predict(in, out);\n}\n"
    )


_LOOK_UP = """\
/* The level of a word among n words; level[k] is that of words[k]. */
$static int $n_look_up(const char *word, const char *const *words, int n, int rare)
{
  int k;
  if (!word || !*word)
    return $N_MISSING;
  for (k = 0; k < n; ++k)
    if (strcmp(word, words[k]) == 0)
      return k < rare ? k : rare;
  return $N_UNKNOWN;
}
"""


def _level_function(own: str, column: InputColumn) -> str:
    words = [*column.levels, *column.rare]
    if not words:
        return (
            f"$public int $n_{own}_level(const char *word)\n{{\n  return word && *word ? $N_UNKNOWN : $N_MISSING;\n}}\n"
        )
    table = array_text("char *const", f"$n_{own}_words", map(string_text, words))
    return table + (
        f"$public int $n_{own}_level(const char *word)\n{{\n"
        f"  return $n_look_up(word, $n_{own}_words, {len(words)}, {len(column.levels)});\n}}\n"
    )


def _cell(cell: str, column: InputColumn, number: int, at: int, may_miss: bool) -> str:
    """The lines that encode one cell; at: its first input."""
    last = at + column.width - 1
    mark = f"    in[{last}] = 1;\n" if column.indicator else ""
    if column.kind == "category":
        refused = f"  if ({cell} == $N_MISSING)\n    return {number};\n" if not may_miss else ""
        marked = f"  if ({cell} == $N_MISSING)\n{mark}" if mark and not refused else ""
        own = column.width - column.indicator
        return refused + marked + (f"  if ({cell} >= 0 && {cell} < {own})\n    in[{at} + {cell}] = 1;\n" if own else "")
    whole = f"  if (!(fabsf({cell}) <= $N_LARGEST))\n    return {number};\n  in[{at}] = {cell};\n"
    if column.fill is None or not may_miss:
        return whole
    filled = f"  if ({cell} != {cell}) {{\n    in[{at}] = {float_text(column.fill)};\n{mark}  }} else {{\n"
    return filled + "".join("  " + line + "\n" for line in whole.splitlines()) + "  }\n"
