"""What an option says in the help of one command, where the words that serve all commands would mislead."""

from __future__ import annotations

from typing import NamedTuple

from anncli.formats.data.names import SAMPLE_FORMATS, WRITTEN_FORMATS
from anncli.formats.exports.names import EXPORT_NAMES

# Formats of tables that are not inputs and answers.
_TABLES = ", ".join(name for name in WRITTEN_FORMATS if name not in SAMPLE_FORMATS)


class OwnWords(NamedTuple):
    """brief: the text in `-h` of the command. default: as help shows it; None: the option's own. full: the text in `--help-all`
    and on the man page of the command; '': the option's own."""

    brief: str
    default: str | None = None
    full: str = ""


_BY_ENDING = "by the ending of the file"


def _written(what: str, kinds: str = _TABLES, default: str = _BY_ENDING) -> OwnWords:
    """The words of --to where `what` is written in one of these formats."""
    return OwnWords(f"Format of {what}: csv, jsonl, parquet and others", default, f"Format of {what}: {kinds}")


def _place(text: str, default: str | None = None) -> OwnWords:
    """The words of --output: what it does in other commands would mislead."""
    return OwnWords(text, default, text)


IN_COMMAND: dict[tuple[str, str], OwnWords] = {
    ("train", "threshold"): OwnWords("A number, or a rule: youden, f1, 'se>=0.95'"),
    ("gradcheck", "learning_rate"): OwnWords(
        "With --show: also print one step of gradient descent",
        "",
        "With --show: also print one step of gradient descent",
    ),
    ("train", "hidden"): OwnWords("Units of each hidden layer, if new"),
    ("train", "restarts"): OwnWords("Keep the best of N trainings"),
    ("train", "output"): _place("Write the network to FILE, and leave NETWORK as it is"),
    ("test", "confidence"): OwnWords("Print the interval of every metric, at this confidence", "0.95, main metrics"),
    ("test", "baselines"): OwnWords("Evaluate simple predictors too, which learn from --training FILES"),
    ("compare", "baselines"): OwnWords("Simple predictors too; without --folds they learn from --training FILES"),
    ("predict", "output"): _place("Write the predictions to FILE; its ending names the format"),
    ("cv", "output"): _place("Also train the network of all rows, and write it to FILE"),
    ("search", "output"): _place("Write the kept network, trained on all rows, to FILE"),
    ("search", "folds"): OwnWords("Inner folds, which select a trial", "3; above 2,000 rows one set of 20 %"),
    ("search", "outer_folds"): OwnWords(
        "Repeat the whole search without each of K folds, and test there", "3; above 2,000 rows --test 0.2"
    ),
    ("search", "test"): OwnWords("One test set in place of the outer folds", ""),
    ("search", "time_limit"): OwnWords("Begin no further trials after SECONDS"),
    ("search", "plot"): OwnWords("Draw the trials to FILE"),
    ("search", "validation"): OwnWords("Files: their rows select the trial, not the inner folds", ""),
    ("compare", "folds"): OwnWords("Train the definitions anew in the same K folds", ""),
    ("check", "inputs"): _place("What DATA are: characters, words or documents for texts, one on each line"),
    ("check", "validation"): OwnWords("Files that are compared with DATA", ""),
    ("check", "test"): OwnWords("Files that are compared with DATA", ""),
    ("import", "output"): _place("Where the network is written; - is stdout"),
    ("import", "task"): OwnWords("Whether the outputs decide classes or are numbers", "what the file says"),
    ("info", "output"): _place("Write the table of --weights to FILE; - is stdout"),
    ("info", "to"): _written("the table of --weights"),
    ("predict", "to"): _written("the predictions", default=f"{_BY_ENDING}, otherwise csv"),
    ("cv", "to"): _written("the file of --predictions"),
    ("convert", "to"): _written("what is written", ", ".join(WRITTEN_FORMATS)),
    ("explain", "to"): _written("the figures"),
    ("explain", "column"): OwnWords("Show the mean output for each value of these columns"),
    ("explain", "row"): _place("Of a network for texts: the words of this text of DATA, counted from 1"),
    ("explain", "rows"): _place("Of a network for texts: the most texts, drawn by --seed", "1000"),
    ("explain", "top"): _place("Of a network for texts: how many words are printed", "20"),
    ("explain", "output"): _place("Write the figures to FILE; its ending names the format"),
    ("export", "output"): _place("What is written; its ending says the format; - is stdout"),
    ("export", "to"): OwnWords(
        f"Format: {', '.join(EXPORT_NAMES)}",
        _BY_ENDING,
        f"Format. {'; '.join(f'{name}: {info.help}' for name, info in EXPORT_NAMES.items())}",
    ),
    ("curvature", "matrix"): OwnWords(
        "Second derivatives: hessian or gauss-newton",
        "hessian",
        "The matrix of second derivatives: hessian, or gauss-newton, which leaves out how the network itself curves and has no "
        "eigenvalue below 0",
    ),
    ("curvature", "rows"): OwnWords("The most rows, drawn by --seed", "5000"),
    ("curvature", "loss"): OwnWords("The loss to look at", "that of the training"),
    ("curvature", "l2"): OwnWords("The L2 penalty to compare with", "that of the training"),
    ("plot", "matrix"): OwnWords("Of a spectrum: hessian or gauss-newton", "hessian"),
    ("plot", "column"): OwnWords("The two inputs of a boundary: A,B"),
    ("plot", "row"): OwnWords("The sample of a raster or voltage, from 1"),
    ("plot", "unit"): OwnWords("The units of a voltage"),
    ("plot", "output"): _place("The figure as .svg or .png, or its numbers as .csv", "NETWORK-WHAT.svg"),
    ("scan", "output"): _place("The picture with frames, or the mask: .png, .ppm, .pgm, or a folder"),
    ("scan", "threshold"): OwnWords(
        "Scores above X are found",
        "the network's own",
        "Scores above X are found; of a network with several outputs also the class has to win",
    ),
    ("predict", "top"): OwnWords(
        "Write the N most probable classes of each row with their scores",
        full="Write the N most probable classes of each row with their scores",
    ),
    ("words", "top"): OwnWords("How many words are printed", "10", "How many words are printed"),
    ("generate", "seed"): OwnWords("Random seed: the same seed gives the same text"),
    ("gradcheck", "rows"): OwnWords("Rows to compute the gradient on", "50"),
    ("plot", "rows"): _place(
        "In plot surface and spectrum the most rows that the loss is computed on, drawn at random", "5000"
    ),
    ("report", "output"): _place("Where the page is written; - is stdout", "NETWORK-report.html"),
}

# The values that a command takes, for shell completion, where they are fewer than those of the option.
WORDS_IN_COMMAND: dict[tuple[str, str], tuple[str, ...]] = {
    ("export", "to"): tuple(EXPORT_NAMES),
    **dict.fromkeys((("curvature", "matrix"), ("plot", "matrix")), ("hessian", "gauss-newton")),
    **dict.fromkeys(((command, "to") for command in ("predict", "explain", "convert", "cv", "info")), WRITTEN_FORMATS),
}
