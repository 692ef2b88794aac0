"""The cases whose bytes are held: command lines of `ann` over small files, in a folder of their own."""

import array
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]

TWO = "pos.txt neg.txt"
THREE = "setosa.txt versicolor.txt virginica.txt"

TRAINERS = (
    "adam", "adamw", "sgd", "online", "schedule-free", "nadam", "rmsprop", "adagrad", "irprop+", "irprop-",
    "rprop+", "rprop-", "lbfgs", "bfgs", "oss", "scg", "cgf", "cgp", "cgb", "lm", "br", "quickprop",
    "delta-bar-delta", "gdx", "gda", "gdm", "gd", "bpvl", "es",
)  # fmt: skip

# The others are what the remaining cases use.
HIDDEN = (
    "linear", "bipolar-sigmoid", "lecun-tanh", "relu", "leaky-relu", "elu", "gelu", "gelu-tanh", "silu",
    "softplus", "softsign",
)  # fmt: skip

# Of these, which fit a schedule to the number of epochs, a run of half as many is not the first half of the whole one.
BOUND_TO_EPOCHS = {"schedule-free"}


def definition(layers, inputs=8, more=""):
    return f"anncli: 1\ninputs: {inputs}\nlayers: {layers}\n{more}"


@dataclass(frozen=True)
class Case:
    """lines: what `ann` is called with, in turn; networks: files whose digests are held; equal: pairs of files that must
    have the same bytes; files: name -> text of files this case has besides the common ones, or a function that makes it."""

    name: str
    lines: tuple
    networks: tuple = ("out.nn",)
    equal: tuple = ()
    files: tuple = ()

    def fill(self, folder):
        for name, text in (*COMMON_FILES.items(), *self.files):
            text = text() if callable(text) else text
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def rows(path, start, stop):
    return "".join((ROOT / "data" / path).read_text(encoding="utf-8").splitlines(keepends=True)[start:stop])


def as_list(name, label, text):
    """A list of ann1dn, format 2: a name with a label, then the numbers of its vector."""
    return "".join(f"{name}{number} {label}\n{line}\n" for number, line in enumerate(text.splitlines()))


def _common_files():
    pima = {"pos": "pima/diabetic.txt", "neg": "pima/healthy.txt"}
    iris = ("setosa", "versicolor", "virginica")
    files = {f"{name}.txt": rows(path, 0, 40) for name, path in pima.items()}
    files |= {f"{name}-valid.txt": rows(path, 40, 60) for name, path in pima.items()}
    files["mixed.txt"] = files["pos-valid.txt"] + files["neg-valid.txt"]
    files |= {f"{name}.txt": rows(f"iris/{name}.txt", 0, 40) for name in iris}
    files["flowers.txt"] = "".join(rows(f"iris/{name}.txt", 40, 50) for name in iris)
    files |= {
        "net.nn": definition("[6 tanh, 1 logistic]"),
        "iris.nn": (ROOT / "configs/iris.nn").read_text(encoding="utf-8"),
        "deep.nn": (ROOT / "configs/deep.nn").read_text(encoding="utf-8"),
        "old.nn": "3\n2 2 1\n\n0\n1\n",
        "ones.lst": "p1 1\n0 1\np2 1\n1 0\n",
        "zeros.lst": "n1 2\n0 0\nn2 2\n1 1\n",
        "all.lst": "p1 1\n0 1\nn1 2\n0 0\np2 1\n1 0\nx\n0.5 0.2\nn2 2\n1 1\n",
        # Two of iris as lists of ann1dn, the second of format 1: it names files of one vector, and a matrix of many.
        "old-iris.nn": "3\n4 3 1\n\n0\n1\n",
        "one.lst": as_list("v", 1, rows("iris/versicolor.txt", 0, 30)),
        "two.lst": "".join(f"w{number}.txt {2 * (number % 2)}\n" for number in range(6)) + "matrix.dat 2\n",
        **{f"w{number}.txt": rows("iris/virginica.txt", number, number + 1) for number in range(6)},
        "matrix.dat": array.array("f", map(float, rows("iris/virginica.txt", 6, 30).split())).tobytes(),
        "matrix.hea": "24 4\n",
        "valid.lst": as_list("v", 1, rows("iris/versicolor.txt", 30, 40))
        + as_list("w", 2, rows("iris/virginica.txt", 30, 40)),
        "test.lst": as_list("v", 1, rows("iris/versicolor.txt", 40, 50))
        + as_list("w", 2, rows("iris/virginica.txt", 40, 50)),
        "empty.lst": "",
        # Values of 1e-3 to 1e3 in the first column, and of both signs in the second.
        **{
            name: "".join(f"{10 ** ((7 * k + shift) % 31 / 5 - 3):.6g} {(k % 9 - 4) ** 5 + shift}\n" for k in range(40))
            for name, shift in (("even.txt", 0), ("odd.txt", 3))
        },
    }
    return files


COMMON_FILES = _common_files()


def train(name, options="", network=None, files=TWO, epochs=15, more=()):
    """Training, what it says as JSON, and predictions of the network."""
    vectors = "flowers.txt" if files == THREE else "even.txt" if files.startswith("even") else "mixed.txt"
    start = {"net.nn": network} if network else {}
    command = f"train {'iris.nn' if files == THREE and not network else 'net.nn'} {files} {epochs} {options}".strip()
    lines = (f"{command} -o out.nn --json", f"predict out.nn {vectors}", *more)
    return Case(name, lines, files=tuple(start.items()))


def resume(name, options, epochs=12, network=None, files=TWO, brief=False):
    """Training without a break and with one half way, or after one epoch: the same bytes.

    brief: a time limit makes the break; the first part is then told all epochs, as a schedule needs it.
    """
    before = f"train net.nn {files} "
    first = f"{epochs} {options} --time-limit 1e-9" if brief else f"{epochs // 2} {options}"
    lines = (
        f"{before}{epochs} {options} -o out.nn --json --history whole.jsonl",
        f"{before}{first} -o half.nn --checkpoint run.ckpt -q",
        f"{before}{epochs} {options} -o resumed.nn --resume run.ckpt --history resumed.jsonl -q",
        "predict out.nn mixed.txt",
    )
    start = (("net.nn", network),) if network else ()
    return Case(name, lines, ("out.nn", "half.nn"), (("out.nn", "resumed.nn"), ("whole.jsonl", "resumed.jsonl")), start)


def _trainer_cases():
    for name in TRAINERS:
        options = f"--trainer {name} --loss mse" if name == "br" else f"--trainer {name}"
        yield resume(f"trainer-{name}", options, brief=name in BOUND_TO_EPOCHS)
        few = "--validation 0 --seed 3 --loss mse --l2 0"
        yield train(f"trainer-{name}-iris", f"--trainer {name} {few}", files=THREE, epochs=6)


def _activation_cases():
    for name in HIDDEN:
        yield train(f"hidden-{name}", network=definition(f"[5 {name}, 1 logistic]"))
    for name in ("linear", "tanh", "bipolar-sigmoid", "lecun-tanh", "softsign"):
        yield train(f"output-{name}", "--refit no", network=definition(f"[4 logistic, 1 {name}]"))
    yield train("output-relu", network=definition("[4 logistic, 1 relu]"))
    yield train("output-3-logistic", network=definition("[5 tanh, 3 logistic]", 4), files=THREE)
    yield train("output-3-linear", "--trainer lm", network=definition("[4 tanh, 3 linear]", 4), files=THREE, epochs=6)
    yield train("no-hidden-layer", network=definition("[1 logistic]"))
    yield train("three-hidden-layers", network=definition("[5 relu, 4 silu, 3 tanh, 1 logistic]"))
    yield train("wide", "--trainer sgd", network=definition("[37 tanh, 19 relu, 1 logistic]"), epochs=8)
    yield train("wide-full-batch", "--trainer scg", network=definition("[37 gelu, 1 logistic]"), epochs=8)


def _option_cases():
    for name in ("none", "minmax", "robust", "sigmoidal", "energy", "vector-minmax"):
        yield train(f"scaling-{name}", f"--scaling {name}")
    for name in ("glorot", "he", "lecun", "fan-in", "classic", "ann1dn", "orthogonal"):
        yield train(f"init-{name}", f"--init {name}", epochs=4)
    for name in ("mse", "accuracy", "gm-se-sp", "gm-se-ppv", "gm-se-sp-acc", "gm-all", "f1", "f1.5", "f3"):
        yield train(f"metric-{name}", f"--metric {name} --refit no --learning-rate 0.05", epochs=12)
    for name in ("step:4:0.5", "cosine", "one-cycle", "warm-up:5"):
        yield train(f"schedule-{name.split(':')[0]}", f"--schedule {name}")
    yield resume("schedule-resumed", "--schedule one-cycle:0.5 --trainer sgd", brief=True)
    yield train("schedule-gdm", "--trainer gdm --schedule cosine:0.2")
    yield resume("dropout", "--dropout 0.2")
    yield train("dropout-online", "--trainer online --dropout 0.3 --option input_dropout=0.1")
    yield train("input-noise", "--input-noise 0.2 --trainer sgd --nesterov")
    yield train("dropout-and-noise-iris", "--dropout 0.2 --input-noise 0.1 --clip 0.5", files=THREE)
    yield train("l1", "--l1 0.01")
    yield train("l1-lbfgs", "--l1 0.003 --trainer lbfgs")
    yield train("l2-given", "--l2 0.01 --trainer cgp")
    yield train("clip", "--clip 0.1 --trainer sgd")
    yield train("clip-online", "--clip 0.1 --trainer online")
    yield resume("average-ema", "--average ema:0.8")
    yield resume("average-swa", "--average swa:0.3 --trainer irprop+", brief=True)
    yield train("class-weight-balanced", "--class-weight balanced", files="pos-valid.txt neg.txt")
    yield train("class-weight-given", "--class-weight 1,2,0.5", files=THREE)
    yield train("label-smoothing", "--label-smoothing 0.1")
    yield train("label-smoothing-iris", "--label-smoothing 0.2 --loss mse", files=THREE)
    yield train("focal", "--loss focal")
    yield train("focal-iris", "--loss focal --trainer scg", files=THREE)
    yield train("mse-targets", "--loss mse --targets 0.8,0.2 --trainer oss")
    yield train("refit-yes", "--refit yes --trainer rmsprop --learning-rate 0.01 --l2 0.001")
    yield train("refit-no", "--refit no")
    yield train("keep-last", "--keep last --learning-rate 0.1")
    yield train("patience", "--patience 2 --learning-rate 0.1", epochs=60)
    yield train("stop-rules", "--stop gl:5,pq:0.5,up:2,progress:0.1 --learning-rate 0.1", epochs=60)
    yield train("goal", "--goal 0.4 --learning-rate 0.05", epochs=60)
    yield train("dividetrain", "--dividetrain 80 --learning-rate 0.05", epochs=60)
    yield train("threshold", "--threshold 0.35", more=(f"test out.nn {TWO} --json", f"test out.nn {TWO} --threshold 0.6 --json"))  # fmt: skip
    yield train("batches-of-7", "--batch-size 7 --trainer nadam")
    yield train("test-share", "--test 0.25 --validation 0.3 --seed 5")
    yield train("validation-files", "--validation pos-valid.txt,neg-valid.txt")
    yield train("validation-and-test-files", "--validation pos-valid.txt,neg-valid.txt --test pos-valid.txt,neg-valid.txt --trainer irprop-")  # fmt: skip
    yield train("validation-none", "--validation 0", more=(f"test out.nn {TWO} --json", "predict out.nn mixed.txt --json"))  # fmt: skip
    yield train("iris", files=THREE, epochs=30, more=(f"test out.nn {THREE} --json", "predict out.nn flowers.txt --json", "predict out.nn flowers.txt --classes"))  # fmt: skip
    yield train("shuffled-seed", "--seed 7 --trainer sgd --momentum 0.5", files=THREE)
    yield train("online-alternate", "--trainer online --alternate --tolerance 0.05 --quiet-epochs 2")
    yield train("bpvl-logistic", "--trainer bpvl --option chaos=logistic")
    yield train("bpvl-mackey-glass", "--trainer bpvl --option chaos=mackey-glass")
    deep = (
        "train deep.nn pos.txt neg.txt 12 -o out.nn --json",
        "predict out.nn mixed.txt --scores",
        "predict out.nn mixed.txt --threshold 0.4 --delimiter ,",
    )
    yield Case("settings-of-the-network", deep)
    again = (
        "train net.nn pos.txt neg.txt 8 -q",
        "train net.nn pos.txt neg.txt 8 --continue --json",
        "predict net.nn mixed.txt",
    )
    yield Case("trained-further", again, ("net.nn",))
    anew = ("train net.nn pos.txt neg.txt 8 -q", "train net.nn pos.txt neg.txt 8 --init auto --seed 2 --json")
    yield Case("trained-anew", anew, ("net.nn",))


def _restart_cases():
    for trainer in ("adam", "scg", "lm"):
        before = f"train net.nn {TWO} 8 --trainer {trainer} --restarts 3"
        lines = (
            f"{before} -o out.nn --json",
            f"{before} --threads 2 -o two.nn -q",
            f"train net.nn {TWO} 4 --trainer {trainer} --restarts 3 -o half.nn --checkpoint run.ckpt -q",
            f"{before} -o resumed.nn --resume run.ckpt -q",
            "predict out.nn mixed.txt",
        )
        yield Case(f"restarts-{trainer}", lines, equal=(("out.nn", "two.nn"), ("out.nn", "resumed.nn")))
    yield train("restarts-iris", "--restarts 3 --threads 2 --refit no", files=THREE)


def _ann1dn_cases():
    xor = "train old.nn ones.lst zeros.lst 40 -o out.nn"
    yield Case(
        "ann1dn-t-xor",
        ("t old.nn ones.lst zeros.lst 60 --seed 2", "r old.nn all.lst", "r old.nn all.lst 0.4"),
        ("old.nn",),
    )
    lines = ("t old-iris.nn one.lst two.lst 25 valid.lst test.lst 0.5 1 2 0.01", "r maxacur.nn test.lst", "r old-iris.nn test.lst")  # fmt: skip
    yield Case("ann1dn-t-best", lines, ("old-iris.nn", "maxacur.nn"))
    lines = ("t old-iris.nn one.lst two.lst 12 empty.lst empty.lst 0.5 0 1 0.05 --seed 4", "r maxacur.nn test.lst")
    yield Case("ann1dn-t-drawn-parts", lines, ("old-iris.nn", "maxacur.nn"))
    for code in range(1, 6):
        lines = (f"t old-iris.nn one.lst two.lst 8 {code}", f"r old-iris.nn test.lst 0.5 {code if code > 3 else 0}")
        yield Case(f"ann1dn-t-scaling-{code}", lines, ("old-iris.nn",))
    for code in range(9):
        lines = (f"t old-iris.nn one.lst two.lst 6 valid.lst test.lst 0.5 {code} 2 --json",)
        yield Case(f"ann1dn-t-metric-{code}", lines, ("old-iris.nn", "maxacur.nn"))
    yield Case("ann1dn-train", (f"{xor} --json", "predict out.nn all.lst", "r out.nn all.lst --json"))
    lines = (f"{xor} --dialect ann -q", "info out.nn --json", "predict out.nn all.lst --json")
    yield Case("ann1dn-into-ours", lines)
    lines = ("train old-iris.nn one.lst two.lst 15 --trainer adam --scaling zscore --validation 0.2 -o out.nn --json", "predict out.nn test.lst")  # fmt: skip
    yield Case("ann1dn-modern-way", lines)
    lines = (
        "train old-iris.nn one.lst two.lst 12 -o out.nn -q",
        "train old-iris.nn one.lst two.lst 6 -o half.nn --checkpoint run.ckpt -q",
        "train old-iris.nn one.lst two.lst 12 -o resumed.nn --resume run.ckpt -q",
    )
    yield Case("ann1dn-resumed", lines, equal=(("out.nn", "resumed.nn"),))
    lines = (
        f"train iris.nn {THREE} 10 --trainer online --loss mse --dialect ann1dn -o out.nn -q",
        "predict out.nn flowers.txt",
    )
    start = (("iris.nn", definition("[4 tanh, 3 tanh]", 4)),)
    yield Case("ann1dn-three-outputs", lines, files=start)


def _default_cases():
    yield train("defaults", "--seed 2", epochs=40)
    yield train("defaults-iris", files=THREE, epochs=40)
    yield train(
        "defaults-heavy-tails", network=definition("[5 tanh, 1 logistic]", 2), files="even.txt odd.txt", epochs=20
    )
    yield train("defaults-online", "--trainer online")


def of_the_first_edition(case):
    """The case with the defaults that the first edition had: so its bytes show that training with given options is the same."""
    return replace(case, lines=tuple(map(_with_first_defaults, case.lines)))


def _with_first_defaults(line):
    if not line.startswith("train ") or line.startswith("train old"):
        return line
    usual = {"--average": "none"} if "--continue" in line else {"--scaling": "zscore", "--average": "none"}
    usual |= {"--learning-rate": "0.2"} if "--trainer online" in line else {}
    return " ".join([line, *(f"{name} {value}" for name, value in usual.items() if f" {name} " not in line)])


CASES = {
    case.name: of_the_first_edition(case)
    for cases in (_trainer_cases, _activation_cases, _option_cases, _restart_cases, _ann1dn_cases)
    for case in cases()
} | {case.name: case for case in _default_cases()}

# One for each way of training, so that every run of the tests sees most of the program.
REPRESENTATIVE = (
    "trainer-adam", "trainer-online-iris", "trainer-irprop+", "trainer-lbfgs", "trainer-lm", "dropout-and-noise-iris",
    "average-ema", "refit-yes", "restarts-scg", "validation-and-test-files", "ann1dn-t-best", "ann1dn-into-ours",
)  # fmt: skip
