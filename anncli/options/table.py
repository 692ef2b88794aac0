"""The table of options: every option of every command, declared once (no numpy).

The command line, `-h`, config files, ANN_ variables, the network file's `training:`, shell completion and docs/options.md
are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from anncli.backends.names import DEVICE_NAMES
from anncli.dataset.names import FINDING_NAMES
from anncli.errors import ValueFault, did_you_mean
from anncli.evaluation.names import METRIC_NAMES, RULE_NAMES
from anncli.experiments.executors.names import forms as executor_forms
from anncli.experiments.strategies.names import STRATEGY_NAMES
from anncli.formats.data.names import DATA_FORMAT_NAMES, SAMPLE_FORMATS, WRITTEN_FORMATS
from anncli.formats.exports.names import EXPORT_NAMES
from anncli.formats.networks.names import DIALECTS, NETWORK_FORMAT_NAMES
from anncli.network.names import (
    ACTIVATION_NAMES,
    CALIBRATION_NAMES,
    INITIALIZATION_NAMES,
    LOSS_NAMES,
    SCALING_NAMES,
    TARGET_SCALING_NAMES,
    TEXT_NAMES,
    canonical_activation,
    check_inputs,
)
from anncli.options import data_readers, readers
from anncli.options.devices import device
from anncli.options.directions import DIRECTION_NAMES, directions
from anncli.options.directions import WORDS as DIRECTION_WORDS
from anncli.options.elsewhere import advice_elsewhere
from anncli.options.executor_names import executor, executor_words
from anncli.options.fractions import fraction
from anncli.options.readers import Reader, choice, integer, keeping_auto, number, or_auto
from anncli.options.requirements import METRICS, RANKING, metric_names, requirements
from anncli.options.specs import AVERAGE_NAMES, SCHEDULE_NAMES, STOP_NAMES
from anncli.options.unit_places import unit_places
from anncli.training.names import DEFAULT_TRAINER, TRAINER_NAMES, canonical_trainer, chosen_trainers

# The headings of help, in order.
GROUPS = {
    "data": "Data",
    "rows": "Rows that belong together",
    "sets": "Training, validation and test sets",
    "network": "Network",
    "search": "Search",
    "scan": "Windows",
    "generate": "Text",
    "words": "Words",
    "training": "Training",
    "decision": "Decision",
    "gates": "Requirements",
    "running": "Running",
    "output": "Output",
}

# Which commands have an option.
ALL = (
    "train", "test", "predict", "init", "info", "cv", "search", "check", "compare", "explain", "report", "plot", "convert",
    "export", "import", "trainers", "bench", "gradcheck", "curvature", "words", "scan", "generate", "t", "r",
)  # fmt: skip
TRAIN = ("train",)
# Commands whose trainings are whole ones.
LEARN = ("train", "cv", "search")
FIT = ("train", "bench", "cv", "search")
GRADIENT = ("train", "bench", "cv", "search", "gradcheck")
# Commands that may make a network.
MAKE = ("train", "init", "bench", "cv", "search")
# Commands that read tables, those that look for answers in them, and those that decide what their columns are.
TABLES = (
    "train", "test", "predict", "init", "bench", "cv", "search", "check", "compare", "explain", "report", "plot", "gradcheck", "curvature", "export",
)  # fmt: skip
# How tables are read.
FORMS = (*TABLES, "convert")
READ = (*FORMS, "t", "r")
ANSWERS = (
    "train",
    "test",
    "init",
    "bench",
    "cv",
    "search",
    "compare",
    "explain",
    "report",
    "plot",
    "gradcheck",
    "curvature",
    "export",
)
DECIDE = ("train", "init", "bench", "cv", "search", "gradcheck")
# Commands whose results may be required.
JUDGED = ("train", "test", "cv", "search")
# Commands whose trainings other machines may run.
DISTRIBUTED = ("train", "bench", "cv", "search", "compare")
# Commands with too many options for one screen: `-h` shows the ones marked as common, `--help-all` shows all.
LONG = TABLES

# What shell completion offers for a value besides fixed words.
FILE = ("<file>",)
# The name of a column, and any other text.
COLUMN = ("<column>",)
TEXT = ("<text>",)


class OptionInfo(NamedTuple):
    """One option.

    read: checks and converts a value from the command line, a variable, YAML or Python; raises ValueFault.
    default: as a person would write it; None: chosen by the run or the trainer, as `help` says.
    kind: 'value'; 'flag' (--x); 'switch' (--x/--no-x); 'count' (-vv); 'list' (may be repeated).
    common: the commands of LONG whose `-h` shows it. words: possible values for shell completion, or FILE, COLUMN or TEXT.
    brief: a shorter text for `-h` of the commands in LONG. aliases: other names of the option.
    """

    read: Reader
    default: Any
    metavar: str
    help: str
    group: str = "training"
    commands: tuple[str, ...] = FIT
    common: tuple[str, ...] = ()
    kind: str = "value"
    short: str = ""
    words: tuple[str, ...] = ()
    brief: str = ""
    aliases: tuple[str, ...] = ()


REFIT_NAMES: dict[str, str] = {
    "auto": "if --validation is a fraction, the weights are new and there are at most 100,000 rows",
    "yes": "always",
    "no": "never",
}
MISSING_NAMES: dict[str, str] = {
    "error": "stop and say how many there are",
    "mean": "the mean of the training rows",
    "median": "the median of the training rows",
    "indicator": "the mean, and an input more that says where values are missing",
    "median+indicator": "the median, and such an input",
}
_ACTIVATIONS = tuple(name for name, info in ACTIVATION_NAMES.items() if not info.output_only)
_DATA_FORMATS = ("auto", *DATA_FORMAT_NAMES)

OPTIONS: dict[str, OptionInfo] = {
    # Data
    "data": OptionInfo(readers.file_list, None, "FILES", "Data files, comma-separated; repeatable. The same as the words after NETWORK", "data", TABLES, ("init",), "list", words=FILE),
    "label": OptionInfo(data_readers.label, None, "NAME[,NAME...]", "The column that holds the answers, by its name or its position from 1; first, last or last:K (the last K columns); inputs: the inputs are their own answers; file:NAME: a file with a row of answers for each row of data, one such file for each file of data, separated by commas; default: a column named class, target, label or y, otherwise the only column of words if it is the last", "data", (*ANSWERS, "check", "convert"), (*ANSWERS, "check"), "list", words=("first", "last", "inputs", *COLUMN), brief="The column that holds the answers, by name or position"),
    "task": OptionInfo(choice(("classification", "regression"), "task"), None, "classification|regression", "Whether the answers are classes or numbers; default: what the network, the file or the answers say", "data", (*DECIDE, "check", "import"), ("init",), words=("classification", "regression"), brief="Whether the answers are classes or numbers"),
    "positive": OptionInfo(data_readers.name, None, "NAME", "The positive one of two classes of a table; default: the first word of 1/0, yes/no, true/false, +/-, positive/negative, otherwise the rarer class. Of class files the first is positive", "data", DECIDE, words=TEXT),
    "format": OptionInfo(choice(_DATA_FORMATS, "data format"), "auto", "NAME", "Format of the data files; " + "; ".join(f"{name}: {info.help}" for name, info in DATA_FORMAT_NAMES.items()) + "; auto: detect", "data", READ, ("predict",), words=_DATA_FORMATS, brief="Format of the data files; auto: detect", aliases=("data_format",)),
    "missing": OptionInfo(choice(MISSING_NAMES, "treatment"), "error", "NAME", "What replaces missing values, stored in the network; " + "; ".join(f"{name}: {text}" for name, text in MISSING_NAMES.items()), "data", DECIDE, ("train", "init"), words=tuple(MISSING_NAMES), brief="Missing values: " + ", ".join(MISSING_NAMES)),
    "missing_label": OptionInfo(choice(("error", "drop")), "error", "error|drop", "Rows without an answer; drop: leave them out", "data", ANSWERS, words=("error", "drop")),
    "category": OptionInfo(data_readers.names, (), "NAMES", "Columns of numbers that are codes of categories, comma-separated; repeatable", "data", (*DECIDE, "check"), kind="list", words=COLUMN),
    "ignore": OptionInfo(data_readers.names, (), "NAMES", "Columns that are no inputs, comma-separated; repeatable", "data", TABLES, ("init", "check",), "list", words=COLUMN, brief="Columns that are no inputs, comma-separated"),
    "use": OptionInfo(data_readers.names, (), "NAMES", "The only columns that are inputs, comma-separated; repeatable; default: all without another role", "data", TABLES, kind="list", words=COLUMN),
    "weight": OptionInfo(data_readers.name, None, "NAME", "The column with the weight of each row in the loss and in means; 0 leaves a row out", "data", ("train", "cv", "test", "bench", "compare", "explain", "report", "plot", "check", "gradcheck", "curvature", "search", "export"), words=COLUMN),
    "group": OptionInfo(data_readers.name, None, "NAME", "The column whose value rows that belong together have in common: they are never split over two sets. With --order, earlier rows of a group that is in a later set are left out", "rows", (*FIT, "check", "compare"), words=COLUMN),
    "order": OptionInfo(data_readers.name, None, "NAME", "The column with the time of each row: the training set is before the validation set, and both before the test set", "rows", (*GRADIENT, "compare"), words=COLUMN),
    "sequence": OptionInfo(data_readers.name, None, "NAME", "The column whose value the rows of a sample have in common, in their order in the file, or by --order; a sample is then several rows, as a network of inputs: any x N takes it", "rows", (*GRADIENT, "check", "test", "predict", "compare", "report", "plot", "curvature"), words=COLUMN),
    "row_names": OptionInfo(data_readers.name, None, "NAME", "The column with the name of each row, which is no input: the patterns of a memory are recalled by these names", "rows", ("train", "init", "test", "predict"), words=COLUMN),
    "window": OptionInfo(integer(1, 100_000, example="24"), None, "N", "Forecast: a sample is a window of N consecutive rows of the table, in the order of --order, with the past of the label among its inputs", "rows", FIT),
    "horizon": OptionInfo(integer(1, 10_000, example="6"), None, "N", "With --window: how many rows after the window are predicted; default: 1", "rows", FIT),
    "transpose": OptionInfo(readers.flag, False, "", "A row of the file is an input, and a column is a sample", "data", TABLES, kind="flag"),
    "header": OptionInfo(choice(("auto", "yes", "no")), "auto", "auto|yes|no", "Whether the first row of a table names the columns; auto: find out", "data", FORMS, words=("auto", "yes", "no")),
    "decimal": OptionInfo(choice((".", ",")), None, ".|,", "The decimal mark; default: find out", "data", FORMS, words=(".", ",")),
    "na": OptionInfo(data_readers.names, (), "WORDS", "More words that stand for a missing value, comma-separated, besides the empty cell and NA, N/A, ?, nan, null and a point; none as the first word leaves these out", "data", FORMS, kind="list", words=TEXT),
    "unknown": OptionInfo(choice(("zeros", "error")), "zeros", "zeros|error", "Categories that the network has not seen in training; zeros: no category, and they are counted", "data", ("train", "cv", "test", "predict", "bench", "compare", "explain", "report", "plot", "curvature", "search", "export"), words=("zeros", "error")),
    "size": OptionInfo(data_readers.picture_size, None, "HxW", "Height and width that pictures are scaled to, in pixels", "data", FORMS),
    "grey": OptionInfo(readers.flag, False, "", "Read the pictures without colours", "data", FORMS, kind="flag"),
    "memory_limit": OptionInfo(data_readers.byte_count, None, "SIZE", "Most memory for the inputs, for example 1G: a larger table in an .npy file is trained on from the disk", "running", ("train", "test", "bench"), aliases=("memory",)),
    "rows": OptionInfo(integer(1, example="50"), None, "N", "Rows to compute on at most, drawn at random; default: 50 in gradcheck, 5000 in curvature, plot surface and plot spectrum; in explain texts, 1000", "data", ("gradcheck", "curvature", "plot", "explain"), ("gradcheck", "curvature")),
    "row": OptionInfo(integer(1, example="1"), None, "N", "Compute the gradient on this row of the data alone, counted from 1 over all files. In plot raster and voltage the sample that is drawn, in explain the text whose words are listed", "data", ("gradcheck", "plot", "explain"), ("gradcheck", "plot")),
    "show": OptionInfo(readers.flag, False, "", "Print what the network computes for one row, --row or the first, in numbers: inputs, pre-activations and outputs of each layer, loss, deltas, gradient", "output", ("gradcheck",), ("gradcheck",), "flag"),
    # Sets
    "validation": OptionInfo(readers.validation, "auto", "FRACTION|FILES", "Validation set, evaluated after every epoch: a fraction of the rows of every class, or files, one per class, comma-separated; auto: 0.2, but none if a class has fewer than 5 rows, and the last 0.1 of a text whose next character is predicted. In check only files, which are compared with DATA", "sets", (*FIT, "check"), (*FIT, "check"), "list", words=FILE, brief="Validation set: a fraction of every class, or files, one per class"),
    "test": OptionInfo(readers.held_out, 0.0, "FRACTION|FILES", "Test set, evaluated once at the end and used for nothing else; as --validation. In search it takes the place of the outer folds; in check only files", "sets", ("train", "bench", "check", "search"), (*TRAIN, "check", "search"), "list", words=FILE, brief="Test set, evaluated once at the end; as --validation"),
    "folds": OptionInfo(readers.folds, 10, "K|loo", "Cut the rows into K folds; each is tested on once, by a network trained on the others. loo: leave one row, or one group, out at a time. In search the inner folds, which select a trial; default there: 3, with more than 2,000 rows a fifth of them once. In compare the networks are definitions, and each is trained anew in every fold", "sets", ("cv", "search", "compare"), ("cv", "search", "compare"), words=("loo",), brief="Cut the rows into K folds, and test on each"),
    "repeats": OptionInfo(integer(1, example="3"), 1, "N", "Draw the folds N times", "sets", ("cv", "compare"), ("cv", "compare")),
    "folds_file": OptionInfo(readers.text, None, "FILE.csv", "The fold of every row, as a table `row,repeat,fold`: read where FILE exists, otherwise written", "sets", ("cv",), words=FILE),
    "outer_folds": OptionInfo(integer(2, example="3"), None, "K", "Estimate the whole search honestly: repeat it without each of K folds, and test there what it kept; default: 3, with more than 2,000 rows a test set of 0.2 instead", "sets", ("search",), ("search",), brief="Repeat the whole search without each of K folds, and test there"),
    "dividetrain": OptionInfo(number(0, 100, open_low=True, example="99"), None, "PERCENT", "Train on all rows, without a validation set, until PERCENT of them are predicted correctly", "sets", TRAIN),
    # Network
    "network": OptionInfo(readers.text, None, "FILE", "The network file, whatever its name; all words are then data", "network", ("train", "cv", "test", "predict", "init", "info", "bench", "explain", "report", "plot", "check", "gradcheck", "curvature", "search", "scan", "generate"), words=FILE),
    "inputs": OptionInfo(check_inputs, None, "FORM", "What a sample is: 9: so many values; 28x28 or 28x28x3: a picture; 'any x 12': any number of rows of 12 values; '500 tokens': a sparse one; words, documents or characters: a text; '{words: 20000, min_count: 2}': with settings; '{descriptors: 64, fisher: 16}': rows of 64 values as one Fisher vector; '5 spikes': spikes of 5 sources at their times. Without a network file only texts need it", "network", ("init", "train", "cv", "search", "bench", "check"), ("init",), words=(*TEXT_NAMES, *TEXT), brief="What a sample is: 9 values, 28x28 pixels, 'any x 12', words"),
    "layers": OptionInfo(readers.layer_texts, None, "LAYER,...", "All layers of the network as its file has them, comma-separated, the output layer last, in place of --hidden and --outputs: '6 tanh convolution 5x5, mean-pool 2x2, 10 softmax'; of a network that predicts the next character of a text the last may be softmax without a number: '128 lstm, softmax'; ann help networks lists the kinds", "network", ("init",), ("init",), words=TEXT, brief="All layers, comma-separated, as the file has them"),
    "from": OptionInfo(choice(NETWORK_FORMAT_NAMES, "network format"), None, "FORMAT", "Format of the network file; " + "; ".join(f"{name}: {info.help}" for name, info in NETWORK_FORMAT_NAMES.items()) + "; default: what the content shows", "network", ("import",), words=tuple(NETWORK_FORMAT_NAMES)),
    "class_names": OptionInfo(data_readers.names, (), "NAMES", "Names of the classes in the order of the outputs, comma-separated; of one output the positive class first; default: those of the file", "network", ("import",), kind="list", words=TEXT),
    "column_names": OptionInfo(data_readers.names, (), "NAMES", "Names of the inputs in their order, comma-separated; default: those of the file", "network", ("import",), kind="list", words=TEXT),
    "target_names": OptionInfo(data_readers.names, (), "NAMES", "Names of the numbers that are predicted, in the order of the outputs, comma-separated; default: those of the file", "network", ("import",), kind="list", words=TEXT),
    "hidden": OptionInfo(or_auto(readers.hidden), "auto", "N[,N...]", "Units of each hidden layer of a new network; 0: no hidden layer; auto: one layer of 16, with more data 64 or 128", "network", MAKE, ("train", "init", "search"), words=("auto",), brief="Units of each hidden layer of a new network"),
    "activation": OptionInfo(canonical_activation, "tanh", "NAME", "Activation of the hidden layers of a new network: " + ", ".join(_ACTIVATIONS), "network", MAKE, ("init",), words=_ACTIVATIONS, brief="Activation of the hidden layers of a new network"),
    "outputs": OptionInfo(integer(1, example="1"), None, "N", "Number of outputs; default: 1 for two classes, otherwise one per class", "network", ("init",), ("init",)),
    "output_activation": OptionInfo(canonical_activation, None, "NAME", "Activation of the output layer; default: logistic for one output, otherwise softmax", "network", ("init",), ("init",), words=tuple(ACTIVATION_NAMES)),
    "continue": OptionInfo(readers.flag, False, "", "Go on from the weights of a trained network, which is otherwise trained anew. Validation and test rows are drawn only from rows that have not trained it; without --validation all EPOCHS are trained", "network", TRAIN, TRAIN, "flag", brief="Go on from the weights of a trained network"),
    "init": OptionInfo(choice(INITIALIZATION_NAMES, "initialization"), None, "NAME", "How initial weights are drawn: " + ", ".join(INITIALIZATION_NAMES) + ". A trained network of ann1dn, which otherwise continues, starts from new weights; so does gradcheck", "network", GRADIENT, ("gradcheck",), words=tuple(INITIALIZATION_NAMES), brief="How initial weights are drawn (auto, he, glorot ...)"),
    # Search
    "trials": OptionInfo(integer(1, example="20"), 20, "N", "Trials, the first of which has the defaults", "search", ("search",), ("search",)),
    "strategy": OptionInfo(choice(STRATEGY_NAMES, "strategy"), "halving", "NAME", "How trials are chosen; " + "; ".join(f"{name}: {info.help}" for name, info in STRATEGY_NAMES.items()), "search", ("search",), ("search",), words=tuple(STRATEGY_NAMES), brief="How trials are chosen: " + ", ".join(STRATEGY_NAMES)),
    "choose": OptionInfo(choice(("smallest", "best")), "smallest", "smallest|best", "Which trial is kept; smallest: the smallest network within one standard error of the best (Breiman et al. 1984)", "search", ("search",), ("search",), words=("smallest", "best"), brief="Keep the best trial, or the smallest network near it"),
    # Windows of pictures
    "patch": OptionInfo(data_readers.picture_size, None, "HxW", "Height and width of the pictures that trained the network, in pixels; default: what `inputs: 25x25` or the names of its columns say", "scan", ("scan",)),
    "scale": OptionInfo(number(1.0, example="1.2"), 1.2, "X", "By how much the picture is smaller from one size to the next; 1: its own size only", "scan", ("scan",)),
    "step": OptionInfo(integer(1, example="2"), 2, "N", "Pixels from one window to the next", "scan", ("scan",)),
    "overlap": OptionInfo(number(0.0, 1.0, example="0.3"), 0.3, "X", "Of boxes that overlap by more than X the best stays: the area they have in common, divided by that which they cover together", "scan", ("scan",)),
    "neighbours": OptionInfo(integer(1, example="3"), 1, "N", "A box has to stand for N windows that are found and overlap, itself included: a face is found by many of them, a mistake often by one", "scan", ("scan",), aliases=("min_neighbors",)),
    "per_pixel": OptionInfo(readers.flag, False, "", "Decide for each pixel by its colour; -o then writes a mask", "scan", ("scan",), kind="flag"),
    "channels": OptionInfo(choice(("rgb", "bgr"), "order"), None, "rgb|bgr", "The order of the colours in the rows that trained the network; default: what the names of its columns say, for windows otherwise rgb", "scan", ("scan",), words=("rgb", "bgr")),
    "white": OptionInfo(number(0.0, open_low=True, example="1"), 255, "X", "The value of a white pixel in the rows that trained the network, where black is 0; in rows that were read from pictures it is 255", "scan", ("scan",)),
    "find": OptionInfo(data_readers.names, (), "NAMES", "The classes that are looked for, comma-separated, repeatable; with several each line ends with the class; default: the first class of the network, which is its positive one", "scan", ("scan",), kind="list", words=TEXT),
    "save_boxes": OptionInfo(readers.text, None, "FOLDER", "Write the window of each box as a picture of the size of the patch to FOLDER: of pictures in which there is nothing to find these are hard negatives for the next training", "scan", ("scan",), words=FILE),
    # Texts that a network writes
    "start": OptionInfo(readers.text, None, "TEXT", "How the text begins; - reads it from stdin; default: the end of a line, which is not written", "generate", ("generate",), words=TEXT),
    "length": OptionInfo(integer(0, example="500"), 500, "N", "How many characters follow the start", "generate", ("generate",)),
    "temperature": OptionInfo(number(0.0, example="0.8"), 1.0, "X", "How freely characters are chosen; 1: each with the probability that the network gives it; below 1 the likelier ones more often, above 1 less often; 0: always the likeliest", "generate", ("generate",)),
    # Vectors of words
    "analogies": OptionInfo(readers.text, None, "FILE", "Answer the questions of FILE, four words a line: `Athens Greece Oslo Norway` asks which word is to Oslo what Greece is to Athens; lines `: NAME` begin sections", "words", ("words",), words=FILE),
    "pairs": OptionInfo(data_readers.names, (), "FILE", "Compare with what people say of pairs of words: two words and a number on each line of FILE; repeatable", "words", ("words",), kind="list", words=FILE),
    "complete": OptionInfo(readers.text, None, "TEXT", "Print the likeliest words after TEXT, with their probabilities", "words", ("words",), words=TEXT),
    "vocabulary": OptionInfo(or_auto(integer(1, example="30000"), "all"), 30000, "N|all", "In --analogies and --pairs the network knows only its N most frequent words, as in published results", "words", ("words",), words=("all",)),
    # Training
    "trainer": OptionInfo(canonical_trainer, DEFAULT_TRAINER, "NAME", "Training algorithm: " + ", ".join(TRAINER_NAMES), "training", LEARN, LEARN, words=tuple(TRAINER_NAMES), brief="Training algorithm; `ann trainers` lists all", aliases=("optimizer",)),
    "trainers": OptionInfo(chosen_trainers, "all", "NAMES", "Trainers to compare, comma-separated, or all", "training", ("bench",), ("bench",), words=("all", *TRAINER_NAMES)),
    "epochs": OptionInfo(integer(0, example="1000"), 1000, "N", "The same as EPOCHS, the last word: most epochs of the training", "training", (*FIT, "compare")),
    "starts": OptionInfo(integer(1, example="3"), 3, "N", "Number of initial weights that every trainer starts from", "training", ("bench",), ("bench",)),
    "learning_rate": OptionInfo(number(0, open_low=True, example="0.01"), None, "X", "Learning rate; default: the trainer's. In gradcheck with --show: also print one step of gradient descent", commands=(*FIT, "gradcheck"), common=(*FIT, "gradcheck"), brief="Learning rate; default: the trainer's", aliases=("lr",)),
    "batch_size": OptionInfo(keeping_auto(integer(1, example="32")), "auto", "N", "Rows per weight update (mini-batch trainers); auto: 32, from 192,000 training rows on more, of documents from 4,800 on, up to 256", common=FIT, brief="Rows per weight update", aliases=("batch",)),
    "momentum": OptionInfo(number(0, 1, open_high=True, example="0.9"), None, "X", "Momentum coefficient, 0 to 1 (sgd, online, gdm, gdx, bpvl)"),
    "nesterov": OptionInfo(readers.flag, None, "", "Nesterov momentum (sgd)", kind="switch"),
    "schedule": OptionInfo(readers.schedule, None, "NAME", "How the learning rate changes over the run: " + ", ".join(SCHEDULE_NAMES) + " (gd, gdm, mini-batch trainers)", words=tuple(SCHEDULE_NAMES)),
    "option": OptionInfo(readers.named_values, None, "NAME=VALUE", "Any option of the trainer; `ann trainers NAME` lists them", "training", FIT, kind="list"),
    "loss": OptionInfo(keeping_auto(readers.loss), "auto", "NAME", "Loss to minimise: " + ", ".join(name + (f":{info.number}" if info.number else "") for name, info in LOSS_NAMES.items()) + "; auto: the one that fits the output layer. D of huber is in standard deviations of the target; quantile:0.05,0.95 gives two outputs for each target, an interval. In curvature auto is the loss of the training", "training", (*GRADIENT, "curvature"), ("bench", "gradcheck", "curvature"), words=("auto", *LOSS_NAMES), brief="Loss to minimise; auto: the one that fits the network"),
    "targets": OptionInfo(readers.pair, None, "HIGH,LOW", "Target outputs for the class and for all others; default: 1,0 with cross-entropy, inside the output range with mse (0.9,0.1)", "training", GRADIENT),
    "target_scaling": OptionInfo(choice(TARGET_SCALING_NAMES, "target scaling"), "auto", "NAME", "Scaling of targets that are numbers, stored in the network: " + "; ".join(f"{name}: {text}" for name, text in TARGET_SCALING_NAMES.items()), "training", GRADIENT, words=tuple(TARGET_SCALING_NAMES)),
    "scaling": OptionInfo(choice(SCALING_NAMES, "scaling"), "auto", "NAME", "Input scaling, stored in the network: " + ", ".join(SCALING_NAMES), "training", GRADIENT, words=tuple(SCALING_NAMES)),
    "class_weight": OptionInfo(readers.class_weights, None, "none|balanced|W1,W2", "Weight of each class in the loss; balanced: every class has the same total weight", "training", GRADIENT, words=("none", "balanced"), brief="Weight of each class in the loss"),
    "l2": OptionInfo(or_auto(number(0, example="1e-4")), "auto", "X", "L2 penalty: adds X/2 times the sum of squared weights, without biases, to the loss; auto: 2.5 / number of rows, of networks for words 0, of documents read by a hidden layer 0.25 / root of the number of rows, in regression 1 / number of targets and, where it retrains on all rows, by the noise that the validation set shows; in curvature that of the training", "training", (*GRADIENT, "curvature"), ("gradcheck", "curvature"), words=("auto",), brief="L2 penalty; auto: 2.5 / number of rows"),
    "l1": OptionInfo(number(0, example="1e-4"), 0.0, "X", "L1 penalty: adds X times the sum of absolute weights, without biases, to the loss", "training", GRADIENT),
    "weight_decay": OptionInfo(number(0, example="0.01"), None, "X", "Decoupled weight decay (adamw, schedule-free)"),
    "dropout": OptionInfo(number(0, 1, open_high=True, example="0.2"), None, "X", "Dropout: set each hidden unit to 0 with probability X, redrawn for every row (mini-batch trainers, online)"),
    "truncate": OptionInfo(keeping_auto(or_auto(integer(1, example="50"), "none")), "auto", "N|none", "Long samples of a network that reads row after row: the gradient reaches back at most N rows. Samples are taken in pieces of N rows, the state goes on from piece to piece, and mini-batch trainers update the weights after each piece. Not for trainers with line searches. none: whole samples; auto: 50 where the next character of a text is predicted, otherwise none", words=("auto", "none")),
    "input_noise": OptionInfo(number(0, example="0.1"), None, "X", "Standard deviation of the noise added to the scaled inputs, redrawn for every row and epoch (mini-batch trainers, online)"),
    "label_smoothing": OptionInfo(number(0, 1, open_high=True, example="0.1"), 0.0, "X", "Move the training targets this fraction of the way towards their mean", "training", GRADIENT),
    "clip": OptionInfo(number(0, example="1"), None, "X", "Clip the gradient norm to X (mini-batch trainers, online)"),
    "average": OptionInfo(keeping_auto(readers.average), "auto", "auto|none|ema|swa", "Average the weights over epochs: ema:0.9, or swa:0.75 for the mean after that fraction of the run; auto: ema:0.7 with online and all mini-batch trainers but schedule-free, without --goal", "training", LEARN, words=("auto", "none", *AVERAGE_NAMES)),
    "tolerance": OptionInfo(number(0, example="0.05"), None, "X", "Skip rows whose outputs are within X of their targets (online)"),
    "alternate": OptionInfo(readers.flag, None, "", "Alternate strictly between classes, repeating the smaller one (online)", kind="switch"),
    "quiet_epochs": OptionInfo(integer(0, example="10"), None, "N", "Stop after more than N epochs in a row with all class means within the tolerance; 0: never (online)"),
    "patience": OptionInfo(or_auto(integer(0, example="50")), "auto", "N", "Early stopping: stop after N epochs without a better validation result; 0: never; auto: 500, fewer above 1,000 rows, at least 20", "training", LEARN, LEARN, words=("auto",), brief="Stop after N epochs without improvement; 0: never"),
    "metric": OptionInfo(choice(METRIC_NAMES, "metric"), "loss", "NAME", "Quantity used to select the best epoch: " + ", ".join(METRIC_NAMES), "training", LEARN, words=tuple(METRIC_NAMES)),
    "stop": OptionInfo(readers.stop, None, "RULES", "Prechelt's stop rules with their limits, comma-separated: gl:5 (validation loss above its lowest, %), pq:0.5 (that over progress), up:4 (rising strips), progress:0.1", "training", LEARN, words=tuple(STOP_NAMES)),
    "goal": OptionInfo(number(0, example="0.01"), None, "X", "Stop when the training loss is at most X", "training", LEARN),
    "keep": OptionInfo(choice(("best", "last")), "best", "best|last", "The epoch whose weights are written", "training", LEARN, words=("best", "last")),
    "refit": OptionInfo(choice(REFIT_NAMES), "auto", "auto|yes|no", "After early stopping, retrain from the same initial weights on training and validation rows together; auto: up to 100,000 rows", "training", LEARN, words=tuple(REFIT_NAMES)),
    "restarts": OptionInfo(integer(1, example="5"), 1, "N", "Train from N different initial weights and keep the best by validation loss", "training", LEARN, LEARN, brief="Keep the best of N trainings from different weights"),
    "ensemble": OptionInfo(integer(1, 1000, example="5"), 1, "N", "Train N networks from different initial weights on the same sets, and average their outputs; the file holds all of them", "training", LEARN),
    "prune": OptionInfo(number(0, 1, open_low=True, open_high=True, example="0.3"), None, "X", "With --continue: set this fraction of the weights, those nearest to 0, to 0 and keep them there", "training", TRAIN),
    "prune_loss": OptionInfo(number(0, example="0.005"), None, "X", "With --continue and --validation: the same for as many weights as raise the validation loss by at most this fraction of it", "training", TRAIN),
    "teacher": OptionInfo(readers.text, None, "FILE", "Learn the outputs of the trained network in FILE in place of the answers in the data, which still choose the epoch and make the tables", "training", TRAIN, words=FILE),
    # Decision
    "threshold": OptionInfo(readers.threshold_or_rule, None, "X|RULE", "Scores above X are predicted as the first class; default: the network's own, for a new one halfway between the targets; train stores it. In train and cv also a rule, which chooses X on the validation set; " + "; ".join(f"{name}: {text}" for name, text in RULE_NAMES.items()), "decision", ("train", "cv", "test", "predict", "report", "plot", "scan"), ("train", "test", "predict"), words=("youden", "f1", "fbeta:2", "mcc", "cost:1,5", "se>=0.95", "sp>=0.95", "ppv>=0.9", "npv>=0.9"), brief="Scores above X are predicted as the first class"),
    "abstain": OptionInfo(readers.abstain, None, "LOW,HIGH|X|none", "Leave rows with scores from LOW to HIGH undecided; with more than two classes rows whose highest score is below X. train stores it; none decides every row", "decision", ("train", "cv", "test", "predict"), words=("none",)),
    "calibration": OptionInfo(choice(CALIBRATION_NAMES, "calibration"), "none", "NAME", "How scores become probabilities, fitted on the validation set and stored in the network; " + "; ".join(f"{name}: {text}" for name, text in CALIBRATION_NAMES.items()), "decision", ("train", "cv"), words=tuple(CALIBRATION_NAMES)),
    "confidence": OptionInfo(fraction("0.95"), 0.95, "X", "Confidence of the intervals, 0.95 or 95%. With it train and test print the interval of every metric; without it test prints those of the main metrics", "gates", ("train", "test", "cv", "search", "compare", "report"), ("test", "cv", "compare", "report"), brief="Confidence of the intervals, of every metric"),
    "prevalence": OptionInfo(fraction("0.01"), None, "P", "Also show PPV and NPV as they would be where a fraction P of the rows is of the positive class, 0.01 or 1%", "gates", ("train", "test", "cv"), ("test",), brief="PPV and NPV where a fraction P of the rows is positive"),
    "matrix": OptionInfo(readers.text, None, "FILE|NAME", "Write the confusion matrix to FILE, as CSV: a row per actual class, a column per predicted one. In curvature and plot spectrum the matrix of second derivatives: hessian, or gauss-newton, which leaves out how the network itself curves and has no eigenvalue below 0; default: hessian", "output", ("test", "curvature", "plot"), ("curvature", "plot"), words=FILE),
    "probes": OptionInfo(integer(2, example="100"), 100, "N", "Random vectors that estimate traces: four times as many halve the standard error", "running", ("curvature",), ("curvature",)),
    "eigenvalues": OptionInfo(integer(1, 30, example="5"), 5, "N", "Eigenvalues at either end", "output", ("curvature",), ("curvature",)),
    # Explanations
    "unit": OptionInfo(unit_places, (), "LAYER:UNIT", "In plot voltage the units whose voltage is drawn, both numbers from 1; comma-separated, repeatable; default: in each hidden layer those that fire first, and the outputs", "output", ("plot",), ("plot",), "list", aliases=("units",)),
    "column": OptionInfo(data_readers.names, (), "NAMES", "Columns whose partial dependence is shown: the mean output when all rows have the same value; comma-separated, repeatable. In plot boundary the two inputs that vary", "output", ("explain", "plot"), ("explain", "plot"), "list", words=COLUMN, aliases=("columns",)),
    "no_rows": OptionInfo(readers.flag, False, "", "Leave out everything that shows single rows of the data", "output", ("report",), ("report",), "flag"),
    "permutations": OptionInfo(integer(1, example="10"), 10, "N", "How many times the values of each column change places among the rows", "running", ("explain",), ("explain",)),
    "directions": OptionInfo(directions, "random", "DIRECTIONS", "In plot surface the directions from the network in which its weights change. " + "; ".join(f"{name}: {words}" for name, words in DIRECTION_NAMES.items()) + "; to:OTHER.nn: the straight line to another network; path:run-{epoch}.ckpt: the plane that is nearest to the checkpoints of the training, which are named with {epoch}, with wildcards, or separated by commas", "output", ("plot",), ("plot",), words=DIRECTION_WORDS, brief="In plot surface: random, sharpest, to:OTHER.nn or path:CHECKPOINTS"),
    "dimensions": OptionInfo(integer(1, 2, example="1"), None, "1|2", "In plot surface: 1 draws losses and accuracies along one direction, 2 the loss over two; default: 2, with to: 1", "output", ("plot",), words=("1", "2")),
    "points": OptionInfo(integer(3, 1001, example="51"), 51, "N", "In plot surface the places in each direction", "output", ("plot",)),
    "range": OptionInfo(number(0, open_low=True, example="1"), None, "X", "In plot surface how far the places reach beyond the network, in lengths of the directions: a direction has the length of the weights, between two networks that of their distance, on a path that of its extent; default: 1, with sharpest and to: 0.5, with path: 0.25", "output", ("plot",)),
    "csv": OptionInfo(readers.text, None, "FILE", "In plot: write the numbers of the figure to FILE too", "output", ("plot",), words=FILE),
    "by": OptionInfo(metric_names, (), "METRICS", "The metrics in which the importance is measured, comma-separated; the first one ranks the columns; default: log-loss and accuracy, for numbers rmse", "output", ("explain",), ("explain",), "list", words=RANKING),
    # Requirements
    "require": OptionInfo(requirements, (), "METRIC>=X", "Exit with 5 unless this holds, for example acc>=90% or mse<=0.05, auc.low>=0.9 (the lower end of the interval), recall[NAME]>=0.8 (one class); repeatable, or comma-separated. train checks the test set, without one the validation set, cv the means over the folds, and search the honest estimate. Metrics: " + ", ".join(METRICS), "gates", JUDGED, ("test", "cv"), "list", words=tuple(f"{name}>=" for name in METRICS), brief="Exit with 5 unless this holds: acc>=90%, auc.low>=0.9"),
    "baselines": OptionInfo(readers.flag, False, "", "Evaluate simple predictors beside the network: the largest class or the mean, logistic or linear regression, nearest neighbours, and gradient boosting where scikit-learn is installed. They learn from the training rows with the network's encoding and scaling; in test and compare from the files of --training", "gates", (*JUDGED, "compare"), common=("test", "cv", "compare"), kind="flag", brief="Evaluate simple predictors beside the network"),
    "training": OptionInfo(readers.file_list, (), "FILES", "What the predictors of --baselines learn from: the files that trained the network, of which its other rows are left out; comma-separated", "sets", ("test", "compare"), (), "list", words=FILE),
    "junit": OptionInfo(readers.text, None, "FILE.xml", "Write whether each --require is met to FILE, as JUnit XML for CI servers", "gates", JUDGED, words=FILE),
    "strict": OptionInfo(readers.flag, False, "", "Exit with 3 if anything is found", "gates", ("check",), ("check",), "flag"),
    "skip": OptionInfo(data_readers.kinds_of(FINDING_NAMES), (), "KINDS", "Kinds of findings to leave out, comma-separated; repeatable: " + "; ".join(f"{name}: {text}" for name, text in FINDING_NAMES.items()), "gates", ("check",), ("check",), "list", words=tuple(FINDING_NAMES), brief="Kinds of findings to leave out, comma-separated"),
    "weights": OptionInfo(readers.flag, False, "", "List every weight by name: its layer, its unit, and where it comes from. -o FILE or --to FORMAT writes the list as a table", "output", ("info",), kind="flag"),
    "reseal": OptionInfo(readers.flag, False, "", "Accept weights that were changed by hand: write a new checksum and new outputs of the self-test, and note in the record that the file was changed after its training; the old file is kept as NETWORK~", "network", ("info",), kind="flag"),
    "verify": OptionInfo(readers.flag, False, "", "Recompute the stored self-test; exit with 4 if an output differs", "gates", ("info",), kind="flag"),
    # Running
    "seed": OptionInfo(integer(0, 2**63 - 1, example="1"), 0, "N", "Random seed: decides the split, the initial weights and the order of rows", "running", (*GRADIENT, "compare", "explain", "report", "plot", "curvature", "generate", "t"), (*GRADIENT, "explain", "curvature"), brief="Random seed"),
    "threads": OptionInfo(readers.threads, 1, "N|auto", "Threads; auto: pick the fastest number. With --restarts, restarts run in parallel. The result does not depend on it", "running", ("train", "test", "predict", "compare", "explain", "report", "plot", "scan"), TRAIN, words=("auto",), brief="Threads; auto: pick the fastest number"),
    "reproducible": OptionInfo(readers.flag, False, "", "The same bytes on every x86-64 processor: the slower baseline kernels and no BLAS; refused where that cannot be held (scg, lm, br, sigmoidal scaling)", "running", ("train", "test", "predict", "scan"), kind="flag"),
    "limit": OptionInfo(integer(1, example="2000"), 2000, "N", "Check at most N weights, drawn from every layer", "running", ("gradcheck",), ("gradcheck",)),
    "time_limit": OptionInfo(number(0, open_low=True, example="60"), None, "SECONDS", "Stop training after SECONDS; in search: begin no further trials then", "running", ("train", "search"), ("search",)),
    "checkpoint": OptionInfo(readers.text, None, "FILE", "Save the state of the run to FILE, for --resume; {epoch} in its name keeps every checkpoint, as run-{epoch}.ckpt keeps run-100.ckpt, run-200.ckpt", "running", TRAIN, words=FILE),
    "checkpoint_every": OptionInfo(integer(1, example="100"), 100, "N", "Epochs between two checkpoints", "running", TRAIN),
    "resume": OptionInfo(readers.text, None, "FILE", "Continue from a checkpoint; repeat the other arguments of the first run. The result has the same bytes as an uninterrupted run", "running", TRAIN, words=FILE),
    "jobs": OptionInfo(integer(1, example="2"), 1, "N", "Trainings that run at the same time, each in its own process; in train the restarts, or the networks of --ensemble, by default in threads. Losses do not depend on it; seconds do, because the processes share the machine", "running", ("train", "bench", "cv", "search", "compare"), ("bench", "cv", "search", "compare"), brief="Trainings that run at the same time"),
    "ledger": OptionInfo(readers.text, None, "FILE", "Keep every finished training in FILE; the same command with the same FILE runs only the missing ones", "running", ("bench", "cv", "search", "compare"), ("search",), words=FILE),
    "executor": OptionInfo(executor, None, "NAME", "What runs the trainings; " + "; ".join(f"{name}: {text}" for name, text in executor_forms().items()) + "; default: processes with --jobs, otherwise in-process. In train it runs the trainings of --restarts or --ensemble, by default in threads. The result does not depend on it", "running", DISTRIBUTED, words=executor_words()),
    "device": OptionInfo(device, "auto", "NAME", "Where trainings are computed that can be computed at once: the restarts of train, the folds of cv, the trials of search; " + "; ".join(f"{name}: {text}" for name, text in DEVICE_NAMES.items()) + ". The device finds out which training is best, and the network that is written is trained by the CPU, unless --keep-device-weights is given. What was measured on a device is marked, because it depends on the device in its last digits", "running", LEARN, words=tuple(DEVICE_NAMES), brief="Train restarts, folds or trials at once: cuda, mps, torch-cpu"),
    "keep_device_weights": OptionInfo(readers.flag, False, "", "With --device: write the weights of the device, which are close to those of the CPU and not the same; the file says so. A single training on a device needs it", "running", LEARN, kind="flag", brief="With --device: write the weights of the device"),
    "worker_timeout": OptionInfo(number(0, open_low=True, example="60"), 60.0, "SECONDS", "With several ranks or workers: how long one may be silent before it is given up. A rank that computes is not silent", "running", DISTRIBUTED, brief="Give up a rank or worker after so many silent seconds"),
    "insecure": OptionInfo(readers.flag, False, "", "Allow dask://HOST:PORT that is not this machine: whoever reaches the ports of scheduler and workers can run programs there and here. For a network of your own; elsewhere use tls://", "running", DISTRIBUTED, kind="flag"),
    "tls_ca": OptionInfo(readers.text, None, "FILE", "With --executor tls://...: the certificate of the authority that signed the certificates of all sides, as PEM", "running", DISTRIBUTED, words=FILE),
    "tls_cert": OptionInfo(readers.text, None, "FILE", "With --executor tls://...: the certificate of this side, as PEM", "running", DISTRIBUTED, words=FILE),
    "tls_key": OptionInfo(readers.text, None, "FILE", "With --executor tls://...: the key of --tls-cert, as PEM, without a passphrase", "running", DISTRIBUTED, words=FILE),
    "keep_on_interrupt": OptionInfo(readers.flag, True, "", "After Ctrl-C or SIGTERM, write the best network so far", "running", TRAIN, kind="switch"),
    # Output
    "output": OptionInfo(readers.text, None, "FILE", "Write the network to FILE instead of replacing NETWORK; in search the network of the kept trial, trained on all rows; in predict the predictions, and in explain the figures, in the format that the ending of FILE or --to names; in plot the figure, as .svg or .png, or its numbers as .csv, by default NETWORK-WHAT.svg; in report the page, by default NETWORK-report.html; in scan the picture with frames round the boxes, or the mask, as .png, .ppm or .pgm, or a folder for those of several pictures; in export what is written for other programs; - is stdout. In cv the network that `ann train` makes of all rows, which is otherwise not trained", "output", ("train", "predict", "explain", "report", "plot", "cv", "search", "export", "import", "info", "scan"), ("train", "predict", "explain", "report", "plot", "cv", "search", "export"), short="o", words=FILE, brief="Where the result is written; - is stdout"),
    "predictions": OptionInfo(readers.text, None, "FILE", "Write what was predicted for every row by the network that had not seen it, in the format that the ending of FILE names; --with adds columns of the data", "output", ("cv",), ("cv",), words=FILE, brief="Write the prediction for every row to FILE"),
    "backup": OptionInfo(readers.flag, True, "", "Where a trained network is replaced, keep the old file as NETWORK~", "output", TRAIN, kind="switch"),
    "row_digests": OptionInfo(readers.flag, True, "", "Store 64-bit digests of the rows that trained the network, by which later commands find rows that it has seen", "output", TRAIN, kind="switch"),
    "patterns": OptionInfo(readers.flag, True, "", "With --label inputs: keep the rows in the network file, so that predict can say which one is recalled: up to 100 rows, or with --row-names up to 10,000", "output", TRAIN, kind="switch"),
    "dialect": OptionInfo(choice(DIALECTS, "dialect"), None, "NAME", "Format of the network file to write: " + " or ".join(DIALECTS) + "; default: train keeps the format read, init writes " + DIALECTS[0], "output", ("train", "init"), ("init",), words=tuple(DIALECTS)),
    "history": OptionInfo(readers.text, None, "FILE", "Write every epoch to FILE as it ends: a table if FILE ends in .csv or .tsv, a JSON array for .json, otherwise one JSON object per line; - is stdout", "output", TRAIN, words=FILE),
    "dry_run": OptionInfo(readers.flag, False, "", "Show the settings of the run and stop", "output", TRAIN, TRAIN, "flag", "n"),
    "plot": OptionInfo(readers.file_or_none, None, "FILE.svg", "Where to plot the loss curves of the first start; none: no plot; default: NETWORK-bench.svg in the current folder. In search the trials; default: no plot", "output", ("bench", "search"), ("bench", "search"), words=("none", *FILE), brief="Where to plot the loss curves, or none"),
    "over": OptionInfo(choice(("seconds", "epochs")), "seconds", "seconds|epochs", "The x axis of the plot", "output", ("bench",), ("bench",), words=("seconds", "epochs")),
    "scores": OptionInfo(readers.flag, False, "", "Print only the scores, which are the outputs of the network", "output", ("predict",), ("predict",), "flag"),
    "sentences": OptionInfo(readers.flag, False, "", "Every line is a sentence, its words between blanks, of a network that gives each word a tag; otherwise every line is a word, and an empty line ends a sentence", "data", ("predict",), kind="flag"),
    "classes": OptionInfo(readers.flag, False, "", "Print only the class", "output", ("predict",), ("predict",), "flag"),
    "with": OptionInfo(data_readers.names, (), "NAMES", "Columns of the data that are written beside the predictions, comma-separated; repeatable", "output", ("predict", "cv"), ("predict",), "list", words=COLUMN, brief="Columns of the data to write beside the predictions"),
    "stateful": OptionInfo(readers.flag, False, "", "Answer each row as soon as its line has come, with the state that the rows before left: for networks whose layers carry one. An empty line begins a new sample. With a layer `last` the answer is that for the rows so far. In export: the ONNX model takes this state as an input and gives the state after the last row", "output", ("predict", "export"), ("predict", "export"), "flag", brief="Answer each row as it comes, and carry the state on (ONNX: from call to call)"),
    "steps": OptionInfo(integer(1, 100_000, example="50"), None, "N", "Recall: give the outputs of a network that was trained on its own inputs back to it, at most N times, until they stay as they are; default: 50 for a memory and where the file has patterns, otherwise none", "output", ("predict", "test"), ("predict",), brief="Recall: feed the outputs back at most N times"),
    "all_windows": OptionInfo(readers.flag, False, "", "Of a network of forecasts: what was predicted from every window of the table, not only from the last one", "output", ("predict",), kind="flag"),
    "top": OptionInfo(integer(1, example="3"), None, "N", "Write the N most probable classes of each row with their scores; in explain how many words of a text network are printed, default 20; in words how many of them, by default 10", "output", ("predict", "explain", "words"), ("predict",)),
    "to": OptionInfo(choice((*WRITTEN_FORMATS, *EXPORT_NAMES), "format"), None, "NAME", "Format of what is written: " + ", ".join(WRITTEN_FORMATS) + "; in export " + "; ".join(f"{name}: {info.help}" for name, info in EXPORT_NAMES.items()) + "; default: by the ending of the file. predict and cv write no format of inputs and answers (" + ", ".join(SAMPLE_FORMATS) + "), and predict csv where nothing says the format", "output", ("predict", "explain", "convert", "cv", "export", "info"), ("predict", "export"), words=(*WRITTEN_FORMATS, *EXPORT_NAMES), brief="Format of what is written: csv, jsonl, parquet and others"),
    "delimiter": OptionInfo(readers.delimiter, "\\t", "TEXT", "Text between the values of a line", "output", ("predict",), ("predict",)),
    "force": OptionInfo(readers.flag, False, "", "Overwrite an existing file", "output", ("predict", "init", "explain", "report", "plot", "convert", "cv", "search", "export", "import", "info", "scan"), ("init", "report", "plot", "export"), "flag", "f"),
    "name": OptionInfo(readers.text, None, "NAME", "What the names of functions and files begin with; default: that of the file", "output", ("export",), ("export",), words=TEXT),
    "int8": OptionInfo(readers.flag, False, "", "Numbers of 8 bits and a fixed point, for processors without floating point", "output", ("export",), ("export",), "flag"),
    "int16": OptionInfo(readers.flag, False, "", "Numbers of 16 bits and a fixed point", "output", ("export",), ("export",), "flag"),
    "prove": OptionInfo(readers.flag, True, "", "Run what was written beside the network, and write it only if it computes the same", "output", ("export",), ("export",), "switch"),
    "man": OptionInfo(readers.text, None, "FOLDER", "Write the man pages of all commands to FOLDER, which is made where it is missing", "output", ("help",), words=FILE),
    "json": OptionInfo(readers.flag, False, "", "Print one JSON document instead of text", "output", ALL, ("test", "cv", "check", "predict", "init", "compare", "explain", "gradcheck", "curvature", "search", "export"), "flag"),
    "quiet": OptionInfo(readers.flag, False, "", "Suppress messages (in train: the report too)", "output", ALL, (), "flag", "q"),
    "verbose": OptionInfo(integer(0, example="1"), 0, "", "Print more messages; -vv prints every epoch of train", "output", ALL, (), "count", "v"),
    "no_color": OptionInfo(readers.flag, False, "", "No colour; NO_COLOR does the same", "output", ALL, (), "flag"),
    "config": OptionInfo(readers.text, None, "FILE.yaml", "Read options from a YAML file: long names, with _ or -", "output", ALL, words=FILE),
}  # fmt: skip

# Readers, with the range, of all trainer options that have no option of their own (see --option).
_TRAINER_READERS: dict[str, Reader] = {
    # Decay rates of running means: 1 would divide by 1 - 1.
    "beta1": number(0, 1, open_high=True, example="0.9"),
    "beta2": number(0, 1, open_high=True, example="0.999"),
    "decay": number(0, 1, open_high=True, example="0.9"),
    "epsilon": number(0, 1, open_low=True, example="1e-8"),
    "warm_up": number(0, 1, example="0.05"),
    "input_dropout": number(0, 1, open_high=True, example="0.1"),
    "step_init": number(0, 1e6, open_low=True, example="0.1"),
    "step_spread": number(0, 1e6, example="0.1"),
    "step_min": number(0, 1e6, example="1e-6"),
    "step_max": number(0, 1e6, open_low=True, example="50"),
    # Closer to 1, a loop that multiplies by it would hardly move.
    "increase": number(1.001, 1000, example="1.2"),
    "decrease": number(0, 1, open_low=True, open_high=True, example="0.5"),
    "tolerated_growth": number(1, 1000, example="1.04"),
    "min_gradient": number(0, example="1e-7"),
    "memory": integer(1, example="10"),
    "max_parameters": integer(1, example="3000"),
    "max_failures": integer(1, example="20"),
    "damping": number(0, 1, open_low=True, example="5e-7"),
    # 0 could not be raised by multiplication.
    "mu": number(1e-20, 1e20, example="0.001"),
    "mu_max": number(1e-20, example="1e10"),
    "growth": number(0, 100, open_low=True, example="1.75"),
    "kappa": number(0, 1e6, example="0.01"),
    "phi": number(0, 1, open_high=True, example="0.1"),
    "theta": number(0, 1, open_high=True, example="0.7"),
    "chaos": choice(("logistic", "mackey-glass", "vector")),
    "rate_low": number(-1e6, 1e6, example="-0.03"),
    "rate_high": number(0, 1e6, example="0.3"),
    "population": integer(2, 1_000_000, example="64"),
    "sigma": number(0, 1e6, open_low=True, example="0.05"),
}

ALIASES: dict[str, str] = {alias: name for name, info in OPTIONS.items() for alias in info.aliases}


def canonical_option(name: str) -> str:
    """The name of the option that `name` or one of its aliases means; - and _ are the same. Other names stay as they are.

    `memory` means the option of a trainer, except on the command line, where trainers have no options of that name.
    """
    name = name.replace("-", "_")
    return name if name in _TRAINER_READERS else ALIASES.get(name, name)


def options_of(command: str) -> dict[str, OptionInfo]:
    """The options of a command, in the order of the table."""
    return {name: info for name, info in OPTIONS.items() if command in info.commands}


def option_names() -> list[str]:
    """Every training option: the names that a network file's `training:`, --option or train() may use."""
    own = {name for trainer in TRAINER_NAMES.values() for name in trainer.defaults}
    table = [name for name in OPTIONS if name in own or name in TrainingOptions._fields]
    return [*table, *sorted(own - OPTIONS.keys())]


def read_option(name: str, value: Any) -> Any:
    """The checked value of one training option; raises ValueFault saying what is wrong and what to write."""
    if name not in option_names():
        raise ValueFault("unknown option", advice_elsewhere(name) or did_you_mean(name, option_names()))
    read = OPTIONS[name].read if name in OPTIONS else _TRAINER_READERS[name]
    return read(value)


class TrainingOptions(NamedTuple):
    """Everything that decides a training run besides network, data and number of epochs; fields as OPTIONS says."""

    trainer_options: Mapping[str, Any]
    trainer: str = DEFAULT_TRAINER
    validation: float | tuple[str, ...] | None = None
    test: float | tuple[str, ...] = 0.0
    scaling: str = "auto"
    target_scaling: str = "auto"
    loss: str = "auto"
    targets: tuple[float, float] | None = None
    l2: float | None = None
    l1: float = 0.0
    label_smoothing: float = 0.0
    truncate: int | str | None = "auto"
    average: str | None = "auto"
    class_weight: str | tuple[float, ...] | None = None
    patience: int | None = None
    stop: str | None = None
    goal: float | None = None
    dividetrain: float | None = None
    time_limit: float | None = None
    metric: str = "loss"
    keep: str = "best"
    refit: str = "auto"
    init: str | None = None
    prune: float | None = None
    prune_loss: float | None = None
    teacher: str | None = None
    restarts: int = 1
    ensemble: int = 1
    threshold: float | str | None = None
    abstain: tuple[float, ...] | None = None
    calibration: str = "none"
    seed: int = 0

    def by_name(self) -> dict[str, Any]:
        """All options by their names; those of the trainer stand beside the others."""
        values = self._asdict()
        return {**values.pop("trainer_options"), **values}

    @classmethod
    def from_names(cls, values: Mapping[str, Any]) -> TrainingOptions:
        """The reverse of by_name(), also where the values have passed through JSON, which turns tuples into lists."""
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        fields = {name: values.pop(name) for name in cls._fields if name in values}
        return cls(trainer_options=values, **fields)
