"""The texts of `ann help TOPIC`: prose in a few lines, and the tables of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from textwrap import wrap

from anncli.cli.showing.trainer_list import all_trainers
from anncli.cli.topics.names import TOPIC_NAMES
from anncli.errors import EXIT_MEANINGS
from anncli.evaluation.names import METRIC_NAMES, RULE_NAMES
from anncli.formats.data.names import DATA_FORMAT_NAMES
from anncli.formats.networks.names import NETWORK_FORMAT_NAMES
from anncli.network.names import (
    ACTIVATION_ALIASES,
    ACTIVATION_NAMES,
    CALIBRATION_NAMES,
    INITIALIZATION_NAMES,
    LAYER_NAMES,
    LOSS_NAMES,
    PRODUCT_NAMES,
    SCALING_NAMES,
    TARGET_SCALING_NAMES,
)
from anncli.options.elsewhere import MATLAB, OTHERS
from anncli.options.requirements import METRICS
from anncli.options.table import GROUPS, OPTIONS
from anncli.options.variables import PROGRAM_VARIABLES, variable
from anncli.options.wording import long_name
from anncli.training.names import TRAINER_ALIASES

_WIDTH = 80


def topic_text(name: str) -> str:
    """What `ann help` prints about one of TOPIC_NAMES."""
    info = TOPIC_NAMES[name]
    return f"{name}: {info.summary}\n\n{_TEXTS[name]()}\n\nMore: docs/{info.guide}\n"


def topics_text() -> str:
    """The list of topics."""
    return _table("Topics (ann help TOPIC)", ((name, info.summary) for name, info in TOPIC_NAMES.items()))


def _table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Names in one column, what they are in another."""
    rows = list(rows)
    column = min(max(len(name) for name, _ in rows), 30) + 4
    lines = [f"{title}:"] if title else []
    for name, text in rows:
        wrapped = wrap(text, _WIDTH - column, break_on_hyphens=False) or [""]
        first = wrapped.pop(0) if len(name) + 4 <= column else ""
        lines.append(f"{'  ' + name:<{column}}{first}".rstrip())
        lines += [" " * column + line for line in wrapped]
    return "\n".join(lines)


def _prose(text: str) -> str:
    return "\n".join(wrap(" ".join(text.split()), _WIDTH, break_on_hyphens=False, break_long_words=False))


def _aliases(names: Mapping[str, str]) -> str:
    """Other names of each thing: `relu: poslin`."""
    found: dict[str, list[str]] = {}
    for alias, name in names.items():
        found.setdefault(name, []).append(alias)
    return "Other names: " + "; ".join(f"{', '.join(aliases)} = {name}" for name, aliases in found.items())


def _data() -> str:
    parts = (
        """The words of a command are [NETWORK] DATA... [EPOCHS]. EPOCHS is the last word, if it is digits only. NETWORK is the
        first word, if it ends as network files do (.nn, .onnx ...) or holds a network. All others are DATA: files, folders,
        globs in quotes, queries of a database (FILE.db::SELECT ...), and - for stdin.""",
        """One word is a table with a row per line. Its answers are in the column that --label names; without --label in a
        column named class, target, label or y, or in the last one if it alone holds words. Words as answers are classes,
        numbers with fractions are numbers; --task says it. Of two classes the rarer one is positive, or the first word of
        yes/no, true/false, 1/0; --positive says it.""",
        """Two or more words without --label are a file for each class, of rows of numbers; of two the first is positive.""",
        """Samples of several rows are .ts files, rows with an empty line between two samples, or a table with --sequence NAME.
        --window N --horizon M makes samples of one long table in the order of time, which --order names, and forecasts it.
        A network file with `inputs: 5 spikes` takes source:time pairs.""",
        """Texts are read where a network or --inputs says `words`, `documents` or `characters`: a text a line and a file a class,
        or a folder of files for each class; a running text for the next word and for vectors of words; lines of a word, a
        tab and its tag. --label inputs makes the inputs the answers, and a memory (`layers: [memory beta 8]`) needs none.""",
        """Columns of words become an input for each word. Missing cells are an error until --missing says what replaces
        them. --ignore, --use, --category, --group, --order and --weight say what a column is for. Later files are matched
        with the columns of the network by their names.""",
    )
    return "\n\n".join(map(_prose, parts))


def _formats() -> str:
    known = _table(
        "", ((f"{name}  {' '.join(info.endings)}".strip(), info.help) for name, info in DATA_FORMAT_NAMES.items())
    )
    note = "A format is found by the first bytes of a file, whatever it is called; --format NAME says it. ann convert IN OUT writes those that have an ending of their own. Files packed by gzip, bzip2, xz or zstd are unpacked."
    return f"{known}\n\n{_prose(note)}"


def _networks() -> str:
    forms = {
        name: info.form if name in info.form.split() else f"{name}  {info.form}" for name, info in LAYER_NAMES.items()
    }
    layers = _table("Layers", ((forms[name], info.help) for name, info in LAYER_NAMES.items()))
    products = _table(
        "Products of layers of vectors", ((_product(name), info.formula) for name, info in PRODUCT_NAMES.items())
    )
    formats = _table("Formats", ((name, info.help) for name, info in NETWORK_FORMAT_NAMES.items()))
    text = """A network file is YAML text. Its head says what the network is like and is written by a person, or by ann init;
    below it ann train writes the line trained: with scaling, weights and a record of the training, under a checksum."""
    head = "\n".join(
        f"    {line}"
        for line in (
            "anncli: 1                      # version of the format",
            "inputs: 9                      # or {table: {label: diagnosis}}",
            "layers: [16 tanh, 1 logistic]  # the output layer last",
            "training: {trainer: adam}      # optional: options of ann train",
        )
    )
    after = """ann info NETWORK shows what a file holds, with --weights the weights by name. Who edits weights by hand seals the
    file again with ann info NETWORK --reseal."""
    return f"{_prose(text)}\n\n{head}\n\n{_prose(after)}\n\n{layers}\n\n{products}\n\n{formats}"


def _product(name: str) -> str:
    """A product with the number of components that it is for."""
    components = PRODUCT_NAMES[name].components
    return name if components is None else f"{name}  ({components})"


def _activations() -> str:
    rows = _table("", ((name, info.formula) for name, info in ACTIVATION_NAMES.items()))
    return f"{rows}\n\n{_prose(_aliases(ACTIVATION_ALIASES))}"


def _scaling() -> str:
    inputs = _table("Inputs (--scaling)", SCALING_NAMES.items())
    return f"{inputs}\n\n{_table('Targets that are numbers (--target-scaling)', TARGET_SCALING_NAMES.items())}"


def _losses() -> str:
    rows = []
    for name, info in LOSS_NAMES.items():
        form = f"{name}:{info.number}" if info.number else name
        fits = f"; {' or '.join(info.outputs)} outputs" if info.outputs else ""
        rows.append((form, f"{info.formula}{fits}{'; targets that are numbers' if info.of_numbers else ''}"))
    note = "y is the output, t the target, e = y - t. --loss auto takes the one that fits the output layer."
    return f"{_table('', rows)}\n\n{_prose(note)}"


def _trainers() -> str:
    return f"{all_trainers()}\n\n{_prose(_aliases(TRAINER_ALIASES))}"


def _metrics() -> str:
    required = _table("Required by --require", ((name, ", ".join(info.synonyms)) for name, info in METRICS.items()))
    return f"{required}\n\n{_table('Choose the epoch by --metric', METRIC_NAMES.items())}"


def _thresholds() -> str:
    return f"{_table('Rules of --threshold', RULE_NAMES.items())}\n\n{_table('Methods of --calibration', CALIBRATION_NAMES.items())}"


def _environment() -> str:
    order = """The command line is stronger than variables, variables than a file given with --config, this file than
    training: in the network file, and that than the defaults. A config file is YAML with the long names of options, with _
    or -. Every option has a variable:"""
    examples = ", ".join(f"{variable(name)} for {long_name(name)}" for name in ("learning_rate", "seed", "config"))
    others = [
        *PROGRAM_VARIABLES.items(),
        ("NO_COLOR", "no colour, as --no-color"),
        ("TMPDIR", "the folder of temporary files"),
    ]
    return f"{_prose(f'{order} {examples}.')}\n\n{_table('Other variables', others)}"


def _exit_codes() -> str:
    return _table("", ((str(int(code)), text) for code, text in EXIT_MEANINGS.items()))


def _matlab() -> str:
    matlab = _table("MATLAB", MATLAB.items())
    others = _table("scikit-learn, Keras and others", OTHERS.items())
    aliases = _table(
        "Other names of options here", ((long_name(alias), long_name(name)) for alias, name in _option_aliases())
    )
    note = (
        "Names of trainers, activations and losses are taken in any case, and MATLAB's too: trainscg, tansig, TRAINLM."
    )
    return f"{_prose(note)}\n\n{matlab}\n\n{others}\n\n{aliases}"


def _option_aliases() -> list[tuple[str, str]]:
    order = list(GROUPS)
    infos = sorted(OPTIONS.items(), key=lambda pair: order.index(pair[1].group))
    return [(alias, name) for name, info in infos for alias in info.aliases]


_TEXTS: dict[str, Callable[[], str]] = {
    "data": _data,
    "formats": _formats,
    "networks": _networks,
    "activations": _activations,
    "initial-weights": lambda: _table("", INITIALIZATION_NAMES.items()),
    "scaling": _scaling,
    "losses": _losses,
    "trainers": _trainers,
    "metrics": _metrics,
    "thresholds": _thresholds,
    "environment": _environment,
    "exit-codes": _exit_codes,
    "matlab": _matlab,
}
