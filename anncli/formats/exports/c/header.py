"""C text of the interface: sizes, names, and what may be called, with what it does."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.formats.exports.c.characters import character_declarations
from anncli.formats.exports.c.rows import row_declarations
from anncli.formats.exports.c.several_rows import declarations
from anncli.formats.exports.c.stream import stream_declarations
from anncli.formats.exports.c.text import comment_text, identifiers, string_text
from anncli.formats.exports.steps import streams
from anncli.network.class_names import class_names
from anncli.network.network import Network

_PREDICT = """\
/* The outputs [$N_N_OUTPUTS] for the inputs [$N_N_INPUTS]. Returns 0, or the number (from 1) of the first input that is not finite{missing};
   the outputs are then left as they are. */
$public int $n_predict(const float *in, float *out);
"""

_DECIDE = """\
/* The class that outputs stand for: its number (from 0){undecided}. */
$public int $n_decide(const float *out);
"""

_CLASS = """\
/* The class of inputs, as $n_decide() has it; $N_INVALID where $n_predict() refuses them. */
$public int $n_class(const float *in);
"""

_LABELS = """\
/* labels[$N_N_OUTPUTS]: 1 for each label that the outputs give, else 0. */
$public void $n_decide(const float *out, unsigned char *labels);
"""

_UNDECIDED = "#define $N_UNDECIDED (-1)\n#define $N_INVALID (-2)\n"


def sizes_text(network: Network) -> str:
    """Macros of sizes, and the inputs and outputs by name."""
    text = f"#define $N_N_INPUTS {network.n_inputs}\n#define $N_N_OUTPUTS {network.n_outputs}\n"
    if network.n_classes:
        text += f"#define $N_N_CLASSES {network.n_classes}\n{_UNDECIDED}"
    text += _places("IN", network.columns)
    if network.target_names:
        text += _places("OUT", class_names(network))
    if network.quantiles:
        text += f"/* The outputs of one number stand together, its quantiles {', '.join(f'{q:g}' for q in network.quantiles)}. */\n"
    return text


def _places(kind: str, names: Sequence[str]) -> str:
    """`enum { NET_IN_AGE = 0, /* age */ ... };`."""
    if not names:
        return ""
    rows = zip(identifiers(names), names, strict=True)
    lines = [f"  $N_{kind}_{own.upper()} = {at}, /* {comment_text(name)} */" for at, (own, name) in enumerate(rows)]
    lines[-1] = lines[-1].replace(", /*", " /*", 1)
    return "enum {\n" + "\n".join(lines) + "\n};\n"


def class_names_text(network: Network) -> tuple[str, str]:
    """The declaration and the definition of the table of class names; '' where the outputs are no classes."""
    if not network.n_classes:
        return "", ""
    table = "const char *const $n_class_names[$N_N_CLASSES]"
    names = ",\n  ".join(map(string_text, class_names(network)))
    return f"$extern {table};\n", f"$table {table} = {{\n  {names}\n}};\n"


def functions_text(network: Network, some_filled: bool) -> str:
    """What may be called."""
    missing = "; NaN stands for a missing one, and is filled where training found a value" if some_filled else ""
    several = not network.topology.takes_vectors
    text = declarations(network) if several else _PREDICT.replace("{missing}", missing)
    if streams(network.topology):
        text = stream_declarations(network)
    if network.task == "multi-label":
        text += _LABELS
    elif network.n_classes:
        own = _DECIDE if several else _DECIDE + _CLASS
        text += own.replace("{undecided}", ", $N_UNDECIDED for scores too close to call" if network.abstain else "")
    return text + row_declarations(network) + character_declarations(network)
