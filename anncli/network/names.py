"""The names of kinds of layers, activations, losses, initial weights and scalings, for files, help, errors and tests (no numpy)."""

from __future__ import annotations

import re
from typing import NamedTuple

from anncli.errors import ValueFault, did_you_mean, known_name, quoted
from anncli.limits import FLOAT32_MAX


class LayerName(NamedTuple):
    """What is known of a kind of layer without importing it.

    module: its file in network/layers; form: how its text reads in a network file; help: what it computes;
    compiled: whether the compiled code can compute it (only the reference backend computes other kinds).
    """

    module: str
    form: str
    help: str
    compiled: bool = False


LAYER_NAMES: dict[str, LayerName] = {
    "dense": LayerName("dense", "UNITS ACTIVATION", "every unit reads all values of the layer below", compiled=True),
    "bilinear": LayerName(
        "bilinear", "UNITSxN ACTIVATION PRODUCT", "units, weights and inputs are vectors of N numbers; see `16x7 tanh circular`",
        compiled=True,
    ),
    "communicate": LayerName(
        "communicate", "UNITS ACTIVATION communicate",
        "every unit reads a row of a sample and the mean of its other rows; with {skip: K} the outputs of layer K too",
        compiled=True,
    ),
    "embedding": LayerName("embedding", "UNITS embedding [frozen] [from FILE]", "a row for each token: its value times the weights of its index", compiled=True),
    "recurrent": LayerName(
        "recurrent", "UNITS ACTIVATION recurrent [bidirectional]", "every unit reads a row and what all units gave for the row before",
        compiled=True,
    ),
    "lstm": LayerName(
        "lstm", "UNITS lstm [memory N] [bidirectional]", "recurrent units with a memory that gates write, read and erase; for long samples",
        compiled=True,
    ),
    "gru": LayerName("gru", "UNITS gru [memory N] [bidirectional]", "recurrent units with two gates and no memory of their own", compiled=True),
    "convolution": LayerName(
        "convolution", "UNITS ACTIVATION convolution SIZE [same|valid] [stride N]",
        "the same units at every window of a picture (5x5) or of the rows of a sample (8)",
        compiled=True,
    ),
    "mean-pool": LayerName("pools", "mean-pool SIZE [stride N]", "the mean of each window of a picture (2x2) or of rows (2)", compiled=True),
    "max-pool": LayerName("pools", "max-pool SIZE [stride N]", "the largest value of each window", compiled=True),
    "flatten": LayerName("reductions", "flatten", "the values of a picture as one vector", compiled=True),
    "last": LayerName("reductions", "last", "the last row of a sample of several rows", compiled=True),
    "mean": LayerName("reductions", "mean", "the mean of the rows of a sample", compiled=True),
    "max": LayerName("reductions", "max", "the largest value of each column over the rows of a sample", compiled=True),
    "lif": LayerName("lif", "UNITS lif", "spiking neurons (leaky integrate-and-fire), with exact gradients of spike times"),
    "first-spike": LayerName("first_spike", "UNITS first-spike", "output of spiking neurons: the one that fires first names the class"),
    "peak-voltage": LayerName("peak_voltage", "UNITS peak-voltage", "output of neurons that never fire: the highest voltage names the class"),
    "pad": LayerName("pad", "pad ROWS [left|right]", "the last ROWS rows as one row, zeros before shorter samples; right: the first, zeros after", compiled=True),
    "skip-gram": LayerName("skip_gram", "skip-gram [window N] [negative N] [hierarchical]", "word vectors: a word predicts each of the words around it"),
    "cbow": LayerName("cbow", "cbow [window N] [negative N] [hierarchical]", "word vectors: the mean of the words around a word predicts it"),
    "memory": LayerName(
        "memory", "[N] memory [beta B]", "the nearest of the rows that training stored",
    ),
    "hopfield": LayerName("hopfield", "memory hopfield", "the same, for rows of two values"),
    "window": LayerName("window", "window ROWS", "every row with so many rows before and after it, as one row", compiled=True),
}  # fmt: skip


# What `inputs:` of a network file may say besides a table: vectors, pictures, samples of rows, tokens.
INPUT_FORMS: dict[str, str] = {
    "vectors": r"([1-9][0-9]{0,8})",
    "pictures": r"([1-9][0-9]{0,8})\s*x\s*([1-9][0-9]{0,8})(?:\s*x\s*([1-9][0-9]{0,8}))?",
    "rows": r"any\s*x\s*([1-9][0-9]{0,8})",
    "tokens": r"([1-9][0-9]{0,8})\s+tokens",
    "spikes": r"([1-9][0-9]{0,8})\s+spikes",
    "code": r"\{\s*spikes\s*:.*\}",
    "descriptors": r"\{\s*descriptors\s*:.*\}",
}
INPUT_ADVICE = "write `9` for vectors, `28x28` or `28x28x3` for pictures, `any x 12` for samples of rows, `500 tokens` for sparse ones, `5 spikes` for spike times, `characters`, `words` or `documents` for texts"


class TextName(NamedTuple):
    """What the symbols of a text are under `inputs:`. one: what one is called; help: for people."""

    one: str
    help: str


#: What `inputs:` says for networks that take texts; training finds which symbols there are.
TEXT_NAMES: dict[str, TextName] = {
    "characters": TextName("character", "every character of a text is a token"),
    "documents": TextName("word", "every text is a row, the weights of its words (tf-idf)"),
    "words": TextName("word", "every word of a text is a token"),
}


def check_inputs(value: object) -> str:
    """A text of one of INPUT_FORMS, a name of TEXT_NAMES, or {name: ...} with settings, which the encoder checks; raises ValueFault."""
    text = str(value).strip()
    if (name := known_name(text, TEXT_NAMES)) is not None:
        return name
    if re.fullmatch(rf"\{{\s*({'|'.join(TEXT_NAMES)})\s*:.*\}}", text):
        return text
    if not any(re.fullmatch(form, text) for form in INPUT_FORMS.values()):
        raise ValueFault(f"unknown form of inputs {quoted(text)}", INPUT_ADVICE)
    return text


class ProductName(NamedTuple):
    """A product of vectors. components: how many it is defined for, None: any number; formula: component k, for people."""

    components: int | None
    formula: str


PRODUCT_NAMES: dict[str, ProductName] = {
    "componentwise": ProductName(None, "w_k x_k: N networks side by side"),
    "circular": ProductName(None, "sum of w_i x_j with i + j = k, modulo N"),
    "skew-circular": ProductName(None, "the same, with the sign changed where i + j >= N"),
    "correlation": ProductName(None, "sum of w_i x_j with i - j = k, modulo N: x is reversed in time"),
    "reversed-circular": ProductName(None, "sum of w_i x_j with i + j = -k, modulo N: the result is reversed in time"),
    "cross": ProductName(3, "the vector product in three dimensions"),
    "seven": ProductName(7, "the vector product in seven dimensions"),
    "complex": ProductName(2, "the product of complex numbers"),
    "quaternion": ProductName(4, "the product of quaternions"),
    "octonion": ProductName(8, "the product of octonions"),
}


# Words of a short form that only one kind of layer has, and that kind: `16x7 tanh circular` needs no name of a kind.
LAYER_WORDS: dict[str, str] = dict.fromkeys(PRODUCT_NAMES, "bilinear")
# Kinds of layers as other programs call them, and what they are called here.
LAYERS_ELSEWHERE: dict[str, str] = {
    "conv": "convolution", "conv1d": "convolution", "conv2d": "convolution", "maxpool": "max-pool", "maxpooling": "max-pool",
    "maxpool1d": "max-pool", "maxpool2d": "max-pool", "avgpool": "mean-pool", "avg-pool": "mean-pool",
    "average-pool": "mean-pool", "averagepool": "mean-pool", "avgpool1d": "mean-pool", "avgpool2d": "mean-pool",
    "meanpool": "mean-pool", "linear-layer": "dense", "fc": "dense",
    "leaky": "lif", "if": "lif", "spiking": "lif", "commnet": "communicate", "communication": "communicate", "embed": "embedding",
    "rnn": "recurrent", "simple-rnn": "recurrent", "simplernn": "recurrent", "elman": "recurrent", "layrec": "recurrent",
    "bilstm": "lstm bidirectional", "bi-lstm": "lstm bidirectional", "birnn": "recurrent bidirectional",
    "bigru": "gru bidirectional", "padding": "pad", "zero-padding": "pad", "pad-sequences": "pad",
    "skipgram": "skip-gram", "sg": "skip-gram", "word2vec": "skip-gram", "sgns": "skip-gram",
    "continuous-bag-of-words": "cbow",
    "associative-memory": "memory beta 8", "modern-hopfield": "memory beta 8", "newhop": "memory hopfield",
}  # fmt: skip


class ActivationName(NamedTuple):
    """What is known of an activation without computing anything.

    code: its number in the compiled code, None if only the reference backend computes it;
    module: its file in network/activations; formula: for people; lowest, highest: the range of its values;
    targets: values (high, low) to ask of an output for "is" and "is not" a class, inside the range of a sigmoid
    (LeCun et al. 1998, Efficient BackProp, section 4.5); family: 'relu' chooses the initial weights of that family;
    leak: slope below 0 in that family (initial weights); kinked: the slope jumps at z = 0, which no difference quotient
    may cross; output_only: not for hidden layers.
    """

    code: int | None
    module: str
    formula: str
    lowest: float
    highest: float
    targets: tuple[float, float] = (1.0, 0.0)
    family: str = ""
    leak: float = 0.0
    kinked: bool = False
    output_only: bool = False


_INF = float("inf")
_BIPOLAR, _UNIPOLAR = (0.9, -0.9), (0.9, 0.1)

ACTIVATION_NAMES: dict[str, ActivationName] = {
    "linear": ActivationName(0, "linear", "z", -_INF, _INF),
    "logistic": ActivationName(1, "logistic", "1/(1+exp(-z))", 0.0, 1.0, _UNIPOLAR),
    "tanh": ActivationName(2, "tanh", "tanh(z)", -1.0, 1.0, _BIPOLAR),
    "bipolar-sigmoid": ActivationName(3, "bipolar_sigmoid", "tanh(z/2)", -1.0, 1.0, _BIPOLAR),
    "lecun-tanh": ActivationName(4, "lecun_tanh", "1.7159 tanh(2z/3)", -1.7159, 1.7159, (1.0, -1.0)),
    "relu": ActivationName(5, "relu", "max(z, 0)", 0.0, _INF, family="relu", kinked=True),
    "leaky-relu": ActivationName(
        6, "leaky_relu", "z if z > 0 else 0.01 z", -_INF, _INF, family="relu", leak=0.01, kinked=True
    ),
    "elu": ActivationName(7, "elu", "z if z > 0 else exp(z)-1", -1.0, _INF, family="relu"),
    "gelu": ActivationName(8, "gelu", "z Phi(z), exact", -0.17, _INF, family="relu"),
    "gelu-tanh": ActivationName(9, "gelu_tanh", "z/2 (1+tanh(0.7979(z+0.0447z^3)))", -0.17, _INF, family="relu"),
    "silu": ActivationName(10, "silu", "z/(1+exp(-z))", -0.279, _INF, family="relu"),
    "softplus": ActivationName(11, "softplus", "log(1+exp(z))", 0.0, _INF, family="relu"),
    "softsign": ActivationName(12, "softsign", "z/(1+|z|)", -1.0, 1.0, _BIPOLAR),
    "exp": ActivationName(13, "exp", "exp(z), output layer only", 0.0, _INF, output_only=True),
    "softmax": ActivationName(14, "softmax", "exp(z_k)/sum exp(z), output layer only", 0.0, 1.0, output_only=True),
}

ACTIVATION_ALIASES = {
    "identity": "linear",
    "purelin": "linear",
    "sigmoid": "logistic",
    "logsig": "logistic",
    "tansig": "tanh",
    "poslin": "relu",
    "swish": "silu",
    "elliot": "softsign",
    "elliotsig": "softsign",
}
# Functions of other programs that are none of ours: near them no name is guessed.
ACTIVATIONS_ELSEWHERE = (
    "satlin", "satlins", "hardlim", "hardlims", "radbas", "radbasn", "tribas", "compet", "netinv", "selu", "celu", "prelu",
    "rrelu", "relu6", "crelu", "mish", "glu", "swiglu", "hard-sigmoid", "hardsigmoid", "hard-tanh", "hardtanh", "hard-swish",
    "hardswish", "tanhshrink", "softshrink", "hardshrink", "softmin", "log-softmax", "logsoftmax", "logsigmoid", "sparsemax",
    "gaussian", "gauss", "sin", "sine", "cos", "cosine", "atan", "arctan", "sinh", "cosh", "step", "threshold", "sign",
    "maxout", "square", "abs", "log", "sqrt", "binary-step",
)  # fmt: skip

INITIALIZATION_NAMES: dict[str, str] = {
    "auto": "he for the relu family, nguyen-widrow for other units next to the inputs, glorot for the rest",
    "glorot": "uniform, +-sqrt(6/(fan_in+fan_out)); biases 0 (Glorot & Bengio 2010)",
    "he": "normal, variance 2/fan_in; biases 0 (He et al. 2015)",
    "lecun": "normal, variance 1/fan_in; biases 0 (LeCun et al. 1998)",
    "fan-in": "uniform, +-1/sqrt(fan_in), biases too",
    "classic": "uniform, +-0.5, biases too",
    "ann1dn": "multiples of 1/2048 in [-1, 1), biases too, as ann1dn drew them",
    "nguyen-widrow": "hidden units spread over the input range (Nguyen & Widrow 1990); output layer glorot",
    "orthogonal": "random orthogonal matrix (gain sqrt 2 for the relu family); biases 0",
}


SCALING_NAMES: dict[str, str] = {
    "auto": "for a new network soft-clip, or zscore if it predicts numbers, or none for improved Fisher vectors; keep for a trained one",
    "keep": "the scaling stored in the network file",
    "none": "no scaling",
    "minmax": "each input to the range 0 to 1",
    "zscore": "each input to mean 0 and standard deviation 1",
    "robust": "each input to median 0 and interquartile range 1",
    "sigmoidal": "zscore followed by the logistic function",
    "soft-clip": "zscore, for inputs with heavy tails logarithms or median and quartiles, followed by x / sqrt(1 + (x/3)^2)",
    "energy": "each row divided by its Euclidean norm",
    "vector-minmax": "each row to the range 0.1 to 0.9",
}


# How outputs become probabilities after training.
CALIBRATION_NAMES: dict[str, str] = {
    "none": "leave the outputs as they are",
    "platt": "a logistic curve, two classes",
    "isotonic": "the rising step function that fits best, two classes; for 1,000 validation rows or more",
    "temperature": "all scores flatter or steeper by one factor, any number of classes",
}

TASK_NAMES: dict[str, str] = {
    "classification": "each row belongs to one class",
    "regression": "each row has one or more numbers",
    "multi-label": "each row has any number of labels",
}

TARGET_SCALING_NAMES: dict[str, str] = {
    "auto": "keep for a trained network, else the one that fits the output layer",
    "keep": "the scaling stored in the network file",
    "none": "no scaling",
    "zscore": "each target to mean 0 and standard deviation 1",
    "mean": "each target divided by its mean, for counts",
    "minmax": "each target to the range of the output layer",
}


class LossName(NamedTuple):
    """code: its number in the compiled code, None if only the reference backend computes it; outputs: the output activations
    that it fits, () for any; formula: for people, with e = y - t; number: how the formula calls the numbers after the
    name, '' where none may follow; default: these where none do; of_numbers: it needs targets that are numbers,
    not classes; is_mean: a row's loss is the mean over its outputs, not their sum;
    kind: the only kind of output layer whose z it understands, '' for any."""

    code: int | None
    outputs: tuple[str, ...]
    formula: str
    number: str = ""
    default: tuple[float, ...] = ()
    of_numbers: bool = False
    is_mean: bool = False
    kind: str = ""


LOSS_NAMES: dict[str, LossName] = {
    "mse": LossName(0, (), "mean over outputs of (y-t)^2", is_mean=True),
    "binary-cross-entropy": LossName(1, ("logistic",), "sum over outputs of -t log y - (1-t) log(1-y)"),
    "cross-entropy": LossName(2, ("softmax",), "-sum t log y"),
    "focal": LossName(3, ("logistic", "softmax"), "cross-entropy, each term times (1 - y of its class)^2"),
    "mae": LossName(4, (), "mean over outputs of |e|", of_numbers=True, is_mean=True),
    "huber": LossName(
        5, (), "mean over outputs of e^2/2 up to |e| = D, beyond D (|e| - D/2)", "D", (1.0,), of_numbers=True, is_mean=True,
    ),
    "quantile": LossName(
        6, (), "mean over outputs of (1-Q) e above the target, -Q e below", "Q", (0.5,), of_numbers=True, is_mean=True
    ),
    "poisson": LossName(7, ("exp",), "mean over outputs of y - t - t log(y/t)", of_numbers=True, is_mean=True),
    "first-spike": LossName(
        # alpha = 0.003, and tau1 = 6.4 ms over tau0 = 0.5 ms (Wunderlich & Pehle 2021).
        None, ("softmax",), "-log y of the class + A (exp(time of its spike / (R tau0)) - 1)", "A,R", (0.003, 12.8),
        kind="first-spike",
    ),
}  # fmt: skip


# Losses of other programs that are none of ours: near them no name is guessed.
LOSSES_ELSEWHERE = (
    "sse", "sae", "mape", "msle", "smape", "rmse", "rmsle", "mase", "hinge", "squared-hinge", "logcosh", "log-cosh", "kl",
    "kld", "nll", "msereg", "msne", "msnereg", "gamma", "tweedie", "cosine", "dice", "ctc", "triplet",
)  # fmt: skip


class LossText(NamedTuple):
    """A loss as options and files write it: its name, and the numbers after it: `huber:1.5`, `quantile:0.05,0.95`."""

    name: str
    numbers: tuple[float, ...] = ()

    def __str__(self) -> str:
        return self.name + (":" + ",".join(f"{number:.9g}" for number in self.numbers) if self.numbers else "")

    def of_outputs(self, n_outputs: int) -> tuple[float, ...]:
        """One number for each output, in turn; () for a loss without numbers."""
        return self.numbers * (n_outputs // len(self.numbers)) if self.numbers else ()


def parse_loss(text: str) -> LossText:
    """`quantile:0.05,0.95` as its name and numbers; raises ValueFault for an unknown loss or numbers that cannot be."""
    word, colon, rest = str(text).strip().partition(":")
    name = known_name(word, LOSS_NAMES)
    if name is None:
        raise ValueFault(f"unknown loss '{word}'", did_you_mean(word, LOSS_NAMES, elsewhere=LOSSES_ELSEWHERE))
    info = LOSS_NAMES[name]
    if not info.number:
        if colon:
            raise ValueFault(f"loss {name} takes no number, found '{text}'", f"write {name}")
        return LossText(name)
    try:
        numbers = tuple(float(word) for word in rest.split(",")) if colon else info.default
    except ValueError:
        numbers = ()
    if name == "first-spike" and not (
        len(numbers) == 2 and 0 <= numbers[0] <= FLOAT32_MAX and 0 < numbers[1] <= FLOAT32_MAX
    ):
        raise ValueFault(f"loss first-spike needs two numbers, of 0 or more and above 0, found '{text}'", "write for example first-spike:0.003,12.8")  # fmt: skip
    if name == "huber" and not (len(numbers) == 1 and 0 < numbers[0] <= FLOAT32_MAX):
        raise ValueFault(f"loss huber needs a number above 0, found '{text}'", "write for example huber:1")
    rising = all(low < high for low, high in zip((0.0, *numbers), (*numbers, 1.0), strict=True))
    if name == "quantile" and not (numbers and rising):
        raise ValueFault(
            f"loss quantile needs rising numbers between 0 and 1, found '{text}'",
            "write for example quantile:0.5, or quantile:0.05,0.95 for two outputs",
        )
    return LossText(name, numbers)


def quantiles_of(loss: str | None) -> tuple[float, ...]:
    """The quantiles that a network of this loss gives of every target, in the order of its outputs; () by other losses."""
    found = parse_loss(loss) if loss is not None and loss.startswith("quantile") else LossText("mse")
    return found.numbers


def default_scaling(task: str | None, dialect: str) -> str:
    """The scaling of a new network: zscore where numbers are predicted, because they may grow with an input beyond the bound
    of the clip, and in a file of ann1dn, which cannot hold the clip."""
    return "zscore" if task == "regression" or dialect == "ann1dn" else "soft-clip"


def default_loss(output_activation: str, task: str = "classification", own: str | None = None) -> str:
    """The loss that fits an output activation and a task: the likelihood of both where there is one, else mse.

    Args: own: the only loss that the output layer has, see LayerKind.own_loss.
    """
    if own is not None:
        return str(parse_loss(own))
    for name, info in LOSS_NAMES.items():
        if output_activation in info.outputs and info.of_numbers == (task == "regression"):
            return name
    return "mse"


def check_loss(loss: str, output_activation: str, own: str | None = None) -> None:
    """Raises ValueFault when the loss is unknown or does not fit the output activation, or the one loss of the output layer."""
    name = parse_loss(loss).name
    info = LOSS_NAMES[name]
    if own is not None and name != own:
        raise ValueFault(f"loss {name} cannot be computed from the times of first spikes", f"use loss {own}")
    if info.kind and own != name:
        raise ValueFault(f"loss {name} needs a {info.kind} output layer", f"use loss {default_loss(output_activation)}")
    if info.outputs and output_activation not in info.outputs:
        or_outputs = f", or write {info.outputs[0]} outputs" if info.of_numbers else ""
        raise ValueFault(
            f"loss {name} needs {' or '.join(info.outputs)} outputs, this network has {output_activation}",
            f"use loss {default_loss(output_activation)}{or_outputs}",
        )
    if info.of_numbers and output_activation == "softmax":
        raise ValueFault(
            f"loss {name} is for outputs that are numbers, this network has softmax", "use loss cross-entropy"
        )


def check_targets(targets: tuple[float, float], output_activation: str) -> None:
    """Raises ValueFault for target outputs (high, low) that the output activation can never give."""
    high, low = targets
    info = ACTIVATION_NAMES[output_activation]
    lowest, highest = max(info.lowest, -FLOAT32_MAX), min(info.highest, FLOAT32_MAX)
    if low < lowest or high > highest:
        raise ValueFault(
            f"targets {high:g},{low:g} are outside the range of {output_activation} outputs, {lowest:g} to {highest:g}",
            "write for example 0.9,0.1",
        )


def canonical_activation(name: str) -> str:
    """The one name of an activation, given in any case; raises ValueFault with advice for an unknown one."""
    known = known_name(str(name), [*ACTIVATION_NAMES, *ACTIVATION_ALIASES])
    if known is None:
        advice = did_you_mean(str(name), ACTIVATION_NAMES, ACTIVATION_ALIASES, ACTIVATIONS_ELSEWHERE)
        raise ValueFault(f"unknown activation '{name}'", advice)
    return ACTIVATION_ALIASES.get(known, known)
