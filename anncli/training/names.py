"""The names of trainers, and what help and errors say about them: one table, no numpy."""

from __future__ import annotations

from typing import NamedTuple

from anncli.errors import ValueFault, did_you_mean, known_name


class TrainerName(NamedTuple):
    """module: the file of anncli/training/trainers that implements it; vectors: vectors of length P stored besides
    the weights, as `ann trainers` prints it; summary: one line; defaults: its options and their default values;
    use: when to choose it; averages: its weights are averaged over epochs by default, see DEFAULT_AVERAGE; needs_whole: why
    it cannot take the gradients of pieces of samples, or ''."""

    module: str
    vectors: int | str
    summary: str
    defaults: dict[str, float | str]
    use: str = ""
    averages: bool = False
    needs_whole: str = ""

    @property
    def goes_by_loss(self) -> bool:
        """Whether it measures its steps by the loss, or by its curvature, and counts on a smooth one."""
        return self.needs_whole == _BY_LOSS


_RPROP: dict[str, float | str] = {
    "step_init": 0.1, "step_spread": 0.0, "step_min": 1e-6, "step_max": 50.0, "increase": 1.2, "decrease": 0.5,
}  # fmt: skip
# Options of all trainers that process rows in batches; 0 turns each off.
_ROWWISE: dict[str, float | str] = {"clip": 0.0, "dropout": 0.0, "input_dropout": 0.0, "input_noise": 0.0}
_ADAM: dict[str, float | str] = {
    "batch_size": "auto", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "schedule": "constant", **_ROWWISE,
}  # fmt: skip
_FULL = "up to about 20,000 rows"
# Steps that are measured by the loss need the gradient of that loss, which a sum over pieces is not.
_BY_LOSS = "it measures its steps by the loss"

TRAINER_NAMES: dict[str, TrainerName] = {
    "adam": TrainerName(
        "minibatch", 2, "mini-batches, a step size per weight (Kingma & Ba 2015); the default",
        {"learning_rate": 0.002, **_ADAM},
        "any size of data and network; start with this one", averages=True,
    ),
    "adamw": TrainerName(
        "minibatch", 2, "adam with decoupled weight decay (Loshchilov & Hutter 2019)",
        {"learning_rate": 0.005, "weight_decay": 0.01, **_ADAM},
        "large data sets and networks, with --schedule cosine", averages=True,
    ),
    "sgd": TrainerName(
        "minibatch", 1, "mini-batch gradient descent with momentum, or Nesterov's with nesterov=1",
        {"learning_rate": 0.05, "momentum": 0.9, "batch_size": "auto", "nesterov": 0, "schedule": "constant", **_ROWWISE},
        "large data sets, if the learning rate is known", averages=True,
    ),
    "online": TrainerName(
        "online", 1, "one row at a time with momentum: classic backpropagation (Rumelhart et al. 1986)",
        {"learning_rate": 0.02, "momentum": 0.7, "tolerance": 0.0, "alternate": 0, "quiet_epochs": 0, **_ROWWISE},
        "redundant data; what ann1dn does", averages=True,
    ),
    "schedule-free": TrainerName(
        "adaptive", 3, "adamw that averages its weights instead of using a schedule (Defazio et al. 2024)",
        {"learning_rate": 0.0025, "weight_decay": 0.01, "warm_up": 0.05, **_ADAM},
        "large data sets, if the number of epochs is not known in advance",
    ),
    "nadam": TrainerName(
        "adaptive", 2, "adam with Nesterov momentum (Dozat 2016)",
        {"learning_rate": 0.005, **_ADAM},
        "as adam", averages=True,
    ),
    "rmsprop": TrainerName(
        "adaptive", 1, "mini-batches, gradient divided by its running root mean square (Tieleman & Hinton 2012)",
        {"learning_rate": 0.001, "batch_size": "auto", "decay": 0.9, "epsilon": 1e-8, "schedule": "constant", **_ROWWISE},
        "comparison with older work; otherwise use adam", averages=True,
    ),
    "adagrad": TrainerName(
        "adaptive", 1, "mini-batches, step sizes that shrink as gradients accumulate (Duchi et al. 2011)",
        {"learning_rate": 0.01, "batch_size": "auto", "epsilon": 1e-10, "schedule": "constant", **_ROWWISE},
        "sparse inputs", averages=True,
    ),
    "irprop+": TrainerName(
        "rprop", 3, "full batch, a step size per weight from gradient signs (Igel & Huesken 2000)", _RPROP,
        f"classification, {_FULL}; no tuning needed",
    ),
    "irprop-": TrainerName(
        "rprop", 2, "irprop+ without undoing steps (Igel & Huesken 2000)", _RPROP,
        f"classification, {_FULL}; no tuning needed",
    ),
    "rprop+": TrainerName(
        "rprop", 3, "the original Rprop, which undoes a step after a sign change (Riedmiller & Braun 1993)", _RPROP,
        "comparison with published results (PROBEN1)",
    ),
    "rprop-": TrainerName(
        "rprop", 2, "Rprop without undoing steps (Riedmiller 1994)", _RPROP,
        "comparison with published results",
    ),
    "lbfgs": TrainerName(
        "quasi_newton", "2m+4", "curvature from the last m steps, with a line search (Liu & Nocedal 1989)",
        {"memory": 10, "min_gradient": 1e-7},
        f"{_FULL} and 100,000 weights: fastest to a low training loss", needs_whole=_BY_LOSS,
    ),
    "bfgs": TrainerName(
        "quasi_newton", "P+4", "full inverse Hessian, with a line search (BFGS 1970)",
        {"max_parameters": 2000, "min_gradient": 1e-7},
        "a few hundred weights; otherwise use lbfgs", needs_whole=_BY_LOSS,
    ),
    "oss": TrainerName(
        "quasi_newton", 4, "one-step secant: bfgs without memory (Battiti 1992)", {"min_gradient": 1e-7},
        "if memory is short; otherwise use lbfgs", needs_whole=_BY_LOSS,
    ),
    "scg": TrainerName(
        "scg", 6, "scaled conjugate gradient, without a line search (Moller 1993)",
        {"damping": 5e-7, "min_gradient": 1e-7, "max_failures": 20},
        f"{_FULL}; no tuning needed", needs_whole=_BY_LOSS,
    ),
    "cgf": TrainerName(
        "conjugate_gradient", 3, "conjugate gradients of Fletcher & Reeves (1964)", {"min_gradient": 1e-7},
        "comparison; otherwise use cgp", needs_whole=_BY_LOSS,
    ),
    "cgp": TrainerName(
        "conjugate_gradient", 4, "conjugate gradients of Polak & Ribiere (1969), coefficient never negative",
        {"min_gradient": 1e-7},
        f"{_FULL}, if memory is short", needs_whole=_BY_LOSS,
    ),
    "cgb": TrainerName(
        "conjugate_gradient", 6, "conjugate gradients with restarts of Powell & Beale (1977)", {"min_gradient": 1e-7},
        f"{_FULL}, if memory is short", needs_whole=_BY_LOSS,
    ),
    "lm": TrainerName(
        "levenberg_marquardt", "2P", "Levenberg-Marquardt: damped Gauss-Newton steps (Hagan & Menhaj 1994)",
        {"mu": 0.001, "decrease": 0.1, "increase": 10.0, "mu_max": 1e10, "min_gradient": 1e-7, "max_parameters": 3000},
        "up to about 500 weights: most precise fit of a smooth function", needs_whole=_BY_LOSS,
    ),
    "br": TrainerName(
        "levenberg_marquardt", "2P", "Bayesian regularisation: lm that estimates its own L2 penalty (MacKay 1992)",
        {"mu": 0.005, "decrease": 0.1, "increase": 10.0, "mu_max": 1e10, "min_gradient": 1e-7, "max_parameters": 3000},
        "little noisy data and a small network, with --validation 0", needs_whole=_BY_LOSS,
    ),
    "quickprop": TrainerName(
        "quickprop", 2, "full batch, a parabola per weight (Fahlman 1988)", {"learning_rate": 0.1, "growth": 1.75},
        "comparison with older work",
    ),
    "delta-bar-delta": TrainerName(
        "delta_bar_delta", 2, "full batch, a learning rate per weight (Jacobs 1988)",
        {"learning_rate": 0.1, "kappa": 0.01, "phi": 0.1, "theta": 0.7}, "comparison with older work",
    ),
    "gdx": TrainerName(
        "gradient_descent", 2, "full batch, momentum and a learning rate that adapts (Vogl et al. 1988)",
        {"learning_rate": 0.01, "momentum": 0.9, "increase": 1.05, "decrease": 0.7, "tolerated_growth": 1.04},
        "slow: early stopping on small data sets",
    ),
    "gda": TrainerName(
        "gradient_descent", 2, "full batch, a learning rate that adapts (Vogl et al. 1988)",
        {"learning_rate": 0.01, "increase": 1.05, "decrease": 0.7, "tolerated_growth": 1.04}, "teaching, comparison",
    ),
    "gdm": TrainerName(
        "gradient_descent", 1, "full-batch gradient descent with momentum (Rumelhart et al. 1986)",
        {"learning_rate": 0.01, "momentum": 0.9, "schedule": "constant"}, "teaching, comparison",
    ),
    "gd": TrainerName(
        "gradient_descent", 0, "full-batch gradient descent (Cauchy 1847)",
        {"learning_rate": 0.01, "schedule": "constant"},
        "teaching, comparison",
    ),
    "bpvl": TrainerName(
        "chaotic", 1, "full batch, learning rates from chaotic series (after Dhar et al. 2011)",
        {"chaos": "vector", "rate_low": 0.01, "rate_high": 0.3, "momentum": 0.9}, "experimental",
    ),
    "es": TrainerName(
        "evolution", 2, "evolution strategy: uses losses only, no gradient (Salimans et al. 2017)",
        {"population": 64, "sigma": 0.05, "learning_rate": 0.02}, "activations without a useful gradient", needs_whole="it uses no gradient",
    ),
}  # fmt: skip

# Names that MATLAB and other programs use.
TRAINER_ALIASES: dict[str, str] = {
    "traingd": "gd", "traingdm": "gdm", "traingda": "gda", "traingdx": "gdx", "trainrp": "irprop+", "traincgf": "cgf",
    "traincgp": "cgp", "traincgb": "cgb", "trainscg": "scg", "trainoss": "oss", "trainbfg": "bfgs", "trainlm": "lm",
    "trainbr": "br", "backprop": "online", "incremental": "online", "rprop": "irprop+", "l-bfgs": "lbfgs",
    "levenberg-marquardt": "lm", "schedule-free-adamw": "schedule-free", "bpcl": "bpvl",
}  # fmt: skip

# Trainers of other programs that are none of ours: near them no name is guessed.
TRAINERS_ELSEWHERE = (
    "trainb", "trainbu", "trainbuwb", "trainc", "trainr", "trainru", "trains", "trainrbf", "adamax", "adadelta", "radam",
    "amsgrad", "lamb", "lars", "lion", "ftrl", "nag", "asgd", "sag", "saga", "sparseadam", "adafactor", "muon", "shampoo",
    "newton", "newton-cg", "cg", "ga", "pso", "cma-es", "cmaes", "gn", "sarprop", "rprop-mt",
)  # fmt: skip

DEFAULT_TRAINER = "adam"
# Of trainers whose steps are noisy, as those of small batches are: the mean of the last few epochs is nearer to the minimum
# than any of them. Chosen in benchmarks/accuracy.md.
DEFAULT_AVERAGE = "ema:0.7"
# The default batch has about so many of the rows, within these bounds: with more rows than an epoch needs, larger batches
# make steps of less noise. Chosen in benchmarks/accuracy.md.
_BATCH_ROWS, _SMALLEST_BATCH, _LARGEST_BATCH = 3000, 32, 256
# Of documents a batch is a larger part: rare words come in few of them, and steps by one document are noise. Chosen in benchmarks/reviews.md.
_BATCH_DOCUMENTS = 75

# Defaults for networks in ann1dn's file format: its complete training rule (2008).
ANN1DN_DEFAULTS: dict[str, object] = {
    "trainer": "online",
    "learning_rate": 0.2,
    "tolerance": 0.05,
    "alternate": 1,
    "quiet_epochs": 10,
    "scaling": "keep",
    "average": None,
    "loss": "mse",
    "validation": 0.0,
    "patience": 0,
    "l2": 0.0,
}


def canonical_trainer(name: str) -> str:
    """The one name of a trainer, given in any case; raises ValueFault with advice for an unknown one."""
    known = known_name(str(name), [*TRAINER_NAMES, *TRAINER_ALIASES])
    if known is None:
        advice = did_you_mean(str(name), TRAINER_NAMES, TRAINER_ALIASES, TRAINERS_ELSEWHERE)
        raise ValueFault(f"unknown trainer '{name}'", advice)
    return TRAINER_ALIASES.get(known, known)


def chosen_trainers(text: object) -> list[str]:
    """The trainers named in a list or a text with commas, each once, or all; raises ValueFault for an unknown one."""
    if isinstance(text, str) and text.lower() == "all":
        return list(TRAINER_NAMES)
    words = text.split(",") if isinstance(text, str) else text if isinstance(text, (list, tuple)) else [text]
    return list(dict.fromkeys(canonical_trainer(str(word).strip()) for word in words))


def batch_size(n_training: int, of_documents: bool = False) -> int:
    """The default number of rows per weight update: a power of two."""
    size, batches = _SMALLEST_BATCH, _BATCH_DOCUMENTS if of_documents else _BATCH_ROWS
    while size < _LARGEST_BATCH and 2 * size * batches <= n_training:
        size *= 2
    return size
