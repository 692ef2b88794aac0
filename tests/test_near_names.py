"""Names in any case, and misspelt ones: the right name is suggested, or none."""

from __future__ import annotations

import pytest

from anncli.cli.names import COMMANDS
from anncli.cli.showing.figures.names import FIGURE_NAMES
from anncli.dataset.names import FINDING_NAMES
from anncli.errors import ValueFault, did_you_mean, known_name, near_names
from anncli.evaluation.names import METRIC_NAMES
from anncli.experiments.executors.names import EXECUTOR_NAMES
from anncli.experiments.strategies.names import STRATEGY_NAMES
from anncli.formats.data.names import DATA_FORMAT_NAMES
from anncli.network.names import (
    ACTIVATION_ALIASES,
    ACTIVATION_NAMES,
    ACTIVATIONS_ELSEWHERE,
    CALIBRATION_NAMES,
    INITIALIZATION_NAMES,
    LOSS_NAMES,
    LOSSES_ELSEWHERE,
    SCALING_NAMES,
    TARGET_SCALING_NAMES,
    canonical_activation,
    parse_loss,
)
from anncli.options.requirements import METRICS
from anncli.options.specs import AVERAGE_NAMES, SCHEDULE_NAMES, STOP_NAMES, parse_schedule
from anncli.options.table import OPTIONS, read_option
from anncli.options.wording import long_name
from anncli.training.names import TRAINER_ALIASES, TRAINER_NAMES, TRAINERS_ELSEWHERE, canonical_trainer

# For each registry its names, those that mean something else, and what people type: the name that is right, '' for none.
TYPOS: dict[str, tuple[list[str], tuple[str, ...], dict[str, str]]] = {
    "trainers": (
        [*TRAINER_NAMES, *TRAINER_ALIASES],
        TRAINERS_ELSEWHERE,
        {
            "traincfg": "traincgf", "tarinlm": "trainlm", "trainsgc": "trainscg", "trainbgf": "trainbfg",
            "trianrp": "trainrp", "trainoos": "trainoss", "trainln": "trainlm", "traingdxx": "traingdx", "adma": "adam",
            "addam": "adam", "adanw": "adamw", "adagard": "adagrad", "adgrad": "adagrad", "rmspop": "rmsprop",
            "rsmprop": "rmsprop", "lbgfs": "lbfgs", "lbfg": "lbfgs", "l-bgfs": "l-bfgs", "bgfs": "bfgs", "onlin": "online",
            "onlnie": "online", "quickrpop": "quickprop", "quick": "quickprop", "schedulefree": "schedule-free",
            "schedule_fre": "schedule-free", "delta-bar": "delta-bar-delta", "deltabardelta": "delta-bar-delta",
            "backporp": "backprop", "levenberg": "levenberg-marquardt", "levenberg-marquart": "levenberg-marquardt",
            "nadma": "nadam", "sdg": "sgd", "rporp": "rprop", "adamax": "", "radam": "", "adadelta": "", "trainb": "",
            "trainc": "", "newton-cg": "", "x": "", "perceptron": "", "genetic": "",
        },
    ),
    "activations": (
        [*ACTIVATION_NAMES, *ACTIVATION_ALIASES],
        ACTIVATIONS_ELSEWHERE,
        {
            "tahn": "tanh", "thanh": "tanh", "tanhh": "tanh", "logsitic": "logistic", "losgig": "logsig", "logisitc": "logistic",
            "sigmod": "sigmoid", "sigmoide": "sigmoid", "sigmoidal": "sigmoid", "tansg": "tansig", "tanisg": "tansig", "purlin": "purelin",
            "pureline": "purelin", "poslni": "poslin", "rleu": "relu", "reul": "relu", "leakyrelu": "leaky-relu",
            "leaky": "leaky-relu", "leaky_rleu": "leaky-relu", "linaer": "linear", "linera": "linear", "softmx": "softmax",
            "sofmtax": "softmax", "soft-max": "softmax", "softpuls": "softplus", "soft-sign": "softsign", "gleu": "gelu", "swihs": "swish",
            "indentity": "identity", "satlin": "", "satlins": "", "satlinn": "", "hardlim": "", "radbas": "", "selu": "", "prelu": "",
            "celu": "", "relu6": "", "mish": "", "softmin": "", "hardtanh": "", "sin": "", "log-softmax": "", "arctan": "",
            "step": "", "threshold": "", "gaussian": "", "abs": "", "lstm": "",
        },
    ),
    "losses": (
        list(LOSS_NAMES),
        LOSSES_ELSEWHERE,
        {
            "crossentropy": "cross-entropy", "cross-entorpy": "cross-entropy", "cross": "cross-entropy",
            "binary_crossentropy": "binary-cross-entropy", "binary": "binary-cross-entropy", "hubber": "huber", "hubr": "huber",
            "focl": "focal", "quantil": "quantile", "quantiles": "quantile", "poison": "poisson", "possion": "poisson",
            "mes": "mse", "mea": "mae", "sse": "", "mape": "", "rmse": "", "hinge": "", "log-cosh": "", "kl": "", "gamma": "",
        },
    ),
    "scalings": (
        list(SCALING_NAMES), (),
        {
            "z-score": "zscore", "zscor": "zscore", "zsocre": "zscore", "min-max": "minmax", "minamx": "minmax", "robsut": "robust",
            "sigmoid": "sigmoidal", "softclip": "soft-clip", "soft_clp": "soft-clip", "vectorminmax": "vector-minmax",
            "enregy": "energy", "standard": "", "l2": "", "mapstd": "",
        },
    ),
    "target scalings": (list(TARGET_SCALING_NAMES), (), {"meen": "mean", "zscroe": "zscore", "max": ""}),
    "initial weights": (
        list(INITIALIZATION_NAMES), (),
        {"glrot": "glorot", "glorto": "glorot", "nguyen": "nguyen-widrow", "nguyen-widdrow": "nguyen-widrow",
         "ortogonal": "orthogonal", "fanin": "fan-in", "lecunn": "lecun", "xavier": "", "zeros": "", "normal": ""},
    ),
    "calibrations": (list(CALIBRATION_NAMES), (), {"plat": "platt", "isotnic": "isotonic", "temprature": "temperature", "beta": ""}),
    "schedules": (list(SCHEDULE_NAMES), (), {"cosin": "cosine", "consine": "cosine", "onecycle": "one-cycle", "warmup": "warm-up", "constat": "constant", "linear": ""}),
    "averages": (list(AVERAGE_NAMES), (), {"eam": "ema", "sawa": "swa", "mean": ""}),
    "stop rules": (list(STOP_NAMES), (), {"progres": "progress", "pogress": "progress", "loss": ""}),
    "metrics": (list(METRIC_NAMES), (), {"acuracy": "accuracy", "accurracy": "accuracy", "gmall": "gm-all", "los": "loss", "auc": ""}),
    "required metrics": (
        list(METRICS), (),
        {"sensitivty": "sensitivity", "specifity": "specificity", "precison": "precision", "kapa": "kappa", "balanced": "balanced-accuracy",
         "balanced_acuracy": "balanced-accuracy", "logloss": "log-loss", "breir": "brier", "gini": ""},
    ),
    "figures": (list(FIGURE_NAMES), (), {"rco": "roc", "calibraton": "calibration", "confsuion": "confusion", "weigths": "weights", "importnace": "importance", "tree": ""}),
    "findings": (list(FINDING_NAMES), (), {name[:-1]: name for name in FINDING_NAMES if len(name) > 6 and name[:-1] not in FINDING_NAMES}),
    "data formats": (list(DATA_FORMAT_NAMES), (), {"parqet": "parquet", "paruqet": "parquet", "jsnol": "jsonl", "jason": "", "sqllite": "sqlite", "lbsvm": "libsvm", "libsmv": "libsvm", "fether": "feather", "xlsx": "", "excel": ""}),
    "strategies": (list(STRATEGY_NAMES), (), {"randon": "random", "halfing": "halving", "grid": "", "bayes": ""}),
    "executors": (list(EXECUTOR_NAMES), (), {"proceses": "processes", "processs": "processes", "inprocess": "in-process", "ray": ""}),
    "commands": (
        list(COMMANDS), (),
        {"trian": "train", "tain": "train", "tarin": "train", "tets": "test", "predcit": "predict", "pred": "predict", "serach": "search",
         "comapre": "compare", "explian": "explain", "reprot": "report", "cehck": "check", "covnert": "convert", "gradchek": "gradcheck",
         "fit": "", "evaluate": "", "learn": "", "run": ""},
    ),
    "options": (
        list(map(long_name, OPTIONS)), (),
        {"--learning-rat": "--learning-rate", "--learnin-rate": "--learning-rate", "--lerning-rate": "--learning-rate",
         "--learn": "--learning-rate", "--batchsize": "--batch-size", "--momentun": "--momentum", "--patence": "--patience",
         "--vaildation": "--validation", "--hiden": "--hidden", "--epcohs": "--epochs", "--epoch": "--epochs", "--sede": "--seed",
         "--dropuot": "--dropout", "--drop-out": "--dropout", "--labell": "--label", "--optoin": "--option", "--outptu": "--output",
         "--theshold": "--threshold", "--weight-deacy": "--weight-decay", "--activaton": "--activation", "--gpu": "", "--workers": "",
         "--kernel": "", "--depth": ""},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("registry", "typed"), [(name, typed) for name, (_, _, typos) in TYPOS.items() for typed in typos], ids=str
)
def test_a_misspelt_name_is_answered_rightly_or_not_at_all(registry: str, typed: str) -> None:
    known, elsewhere, typos = TYPOS[registry]
    right = typos[typed]
    assert near_names(typed, known, elsewhere) == ([right] if right else [])


@pytest.mark.slow
@pytest.mark.parametrize("registry", TYPOS)
def test_every_exchange_of_two_letters_is_answered_with_that_name_or_none(registry: str) -> None:
    known, elsewhere, _ = TYPOS[registry]
    plain = {name.lower().replace("_", "-") for name in [*known, *elsewhere]}
    answered = 0
    for name in known:
        for k in range(len(name) - 1):
            typed = name[:k] + name[k + 1] + name[k] + name[k + 2 :]
            if len(name) > 3 and typed not in plain:
                near = near_names(typed, known, elsewhere)
                assert name in near or near == [], (typed, near)
                answered += name in near
    assert answered or max(map(len, known)) <= 3


def test_several_names_that_are_equally_near_are_all_named() -> None:
    assert did_you_mean("irprop", TRAINER_NAMES) == "did you mean 'irprop+' or 'irprop-'?"
    with pytest.raises(ValueFault, match=r"unknown trainer 'traincfg'; did you mean 'traincgf'\?$"):
        canonical_trainer("traincfg")
    with pytest.raises(ValueFault, match=r"unknown activation 'satlin'; use one of linear, logistic, "):
        canonical_activation("satlin")
    with pytest.raises(ValueFault, match=r"unknown loss 'rmse'; use one of mse, "):
        parse_loss("rmse")


def test_a_text_is_no_misspelt_name() -> None:
    assert near_names("a" * 200, ["a" * 199]) == ["a" * 199]
    assert near_names("a" * 100_000, ["a" * 99_999]) == []


def test_names_elsewhere_are_not_ours() -> None:
    assert not set(ACTIVATIONS_ELSEWHERE) & {*ACTIVATION_NAMES, *ACTIVATION_ALIASES}
    assert not set(TRAINERS_ELSEWHERE) & {*TRAINER_NAMES, *TRAINER_ALIASES}
    assert not set(LOSSES_ELSEWHERE) & set(LOSS_NAMES)


def test_names_in_any_case() -> None:
    for name in TRAINER_NAMES:
        assert canonical_trainer(name.upper()) == name
    for alias, name in TRAINER_ALIASES.items():
        assert canonical_trainer(alias.upper()) == name
    for name in ACTIVATION_NAMES:
        assert canonical_activation(name.upper().replace("-", "_")) == name
    assert canonical_activation("ReLU") == "relu"
    assert canonical_activation("TanSig") == "tanh"
    assert str(parse_loss("Quantile:0.05,0.95")) == "quantile:0.05,0.95"
    assert parse_schedule("One_Cycle:0.2") == ("one-cycle", (0.2,))
    assert known_name("a", ["A", "a"]) == "a"
    assert known_name("b", ["B", "b2"]) == "B"
    assert known_name("c", ["B"]) is None


@pytest.mark.parametrize(
    ("option", "given", "read"),
    [
        ("trainer", "TRAINSCG", "scg"), ("loss", "AUTO", "auto"), ("loss", "MSE", "mse"), ("scaling", "ZScore", "zscore"),
        ("init", "He", "he"), ("average", "EMA:0.9", "ema:0.9"), ("average", "None", None), ("stop", "GL:5", "gl:5"),
        ("calibration", "Platt", "platt"), ("metric", "F1", "f1"), ("class_weight", "Balanced", "balanced"), ("l2", "Auto", None),
        ("refit", "No", "no"), ("threshold", "Youden", "youden"), ("schedule", "Cosine", "cosine:0.05"), ("abstain", "NONE", ()),
        ("target_scaling", "MinMax", "minmax"), ("chaos", "Mackey_Glass", "mackey-glass"),
    ],
)  # fmt: skip
def test_values_of_options_in_any_case(option: str, given: str, read: object) -> None:
    assert read_option(option, given) == read


@pytest.mark.parametrize(
    "name", [name for name, info in OPTIONS.items() if info.words and name not in ("label", "require")]
)
def test_every_word_of_completion_is_taken_in_capitals(name: str) -> None:
    words = [word for word in OPTIONS[name].words if word[0] not in "<.," and word != name]
    if OPTIONS[name].read.__qualname__.startswith(("text", "file_list", "held_out", "name")):
        return
    for word in words:
        assert OPTIONS[name].read(word.upper()) == OPTIONS[name].read(word), word
