"""Networks for texts as Python and JavaScript modules, which make tokens of raw texts as ann does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from text_exports import HOSTILE, assert_proved

from anncli.analysis.proof import prove
from anncli.analysis.proof_texts import _STRANGE, draw_texts
from anncli.errors import NetworkError
from anncli.formats.exports.base import ExportRequest, ProofRows
from anncli.formats.exports.registry import export_format
from anncli.formats.exports.tools import find_tool
from anncli.formats.networks.storage import parse
from anncli.inference.predict import predict
from anncli.network.calibration import Calibration
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.encoders.documents import DocumentInputs
from anncli.network.encoders.words import WordInputs
from anncli.network.network import Network, SelfTest

FORMATS = ("python", "javascript")
# Texts whose words the networks know, so that a word that is split in another way has another output.
TEXTS = (
    *_STRANGE,
    *HOSTILE,
    " ".join(_STRANGE),
    "a b c a b",
    "İSTANBUL istanbul",
    "Ὀδυσσεύς ὈΔΥΣΣΕΎΣ",
    "𝒜 𝒜𝒷 x",
    "\x1cx\x85y\u2028z",
)
INPUTS = (
    "words",
    "{words: auto, case: keep}",
    "{words: auto, split: spaces}",
    "{documents: tf-idf, words: auto}",
    "{documents: tf-idf, words: auto, ngrams: 3, sublinear: true}",
    "characters",
)
LAYERS = (
    ["1 logistic"],
    ["3 tanh", "4 relu", "3 softmax"],
    ["3 embedding", "mean", "2 softmax"],
    ["3 embedding", "max", "2 gelu", "1 logistic"],
    ["2 embedding", "last", "1 tanh"],
)


def made(inputs: str, layers: list[str], seed: int = 0, members: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    network = Network.create(inputs, layers, classes=("yes", "no", "quote ' \"")[: max(2, int(layers[-1].split()[0]))])
    assert network.text is not None
    network = network.with_vocabulary(network.text.definition.fitted(TEXTS))
    n = network.topology.n_parameters
    if members:
        network.set_members([rng.normal(0, 1, n) for _ in range(members)])
    else:
        network.set_parameters(rng.normal(0, 1, n))
    assert network.vocabulary is not None
    tokens = network.vocabulary.tokens(["a b x1", "cafe\u0301 STRASSE"])
    network.self_test = SelfTest(tokens, predict(network, tokens, calibrated=False))
    return network


def ready(name: str) -> None:
    if name == "javascript":
        try:
            find_tool("node", "nodejs", install="")
        except Exception as missing:
            pytest.skip(str(missing))


def cases() -> list[tuple[str, list[str]]]:
    return [(inputs, layers) for inputs in INPUTS for layers in LAYERS if "documents" not in inputs or "embedding" not in layers[0]]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("inputs", "layers"), cases())
def test_the_same_answers_to_texts_in_all_scripts(name: str, inputs: str, layers: list[str]) -> None:
    ready(name)
    network = made(inputs, layers)
    assert_proved(name, network)
    export, request = export_format(name), ExportRequest("net")
    assert network.vocabulary is not None
    texts = tuple(text for text in (*TEXTS, "no known wörd ☃", "…") if text)
    rows = ProofRows(network.vocabulary.tokens(texts), texts=texts)
    found = export.run(export.render(network, request), network, request, rows)
    assert found is not None
    assert np.abs(found.outputs - predict(network, rows.inputs)).max() < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_ensembles_calibrations_and_undecided_texts(name: str) -> None:
    ready(name)
    assert_proved(name, made("words", ["2 tanh", "1 logistic"], members=3))
    network = made("{documents: tf-idf}", ["1 logistic"])
    network.calibration = Calibration("platt", np.array([2.0, -0.5]), of_logits=True)
    network.abstain = (0.4, 0.6)
    assert_proved(name, network)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_word_that_is_split_otherwise_is_found(name: str) -> None:
    """The proof fails where the module folds case, or joins what is two words, against the network."""
    ready(name)
    export, request = export_format(name), ExportRequest("net")
    network = made("words", ["1 logistic"])
    text = export.render(network, request)[""].decode()
    for before, after in (
        (".lower()", ""), (".toLowerCase()", ""), (r'r"\w+"', r'r"[a-z0-9_]+"'), (r"[\p{L}\p{N}_]+", r"[\p{L}\p{N}]+"),
    ):  # fmt: skip
        if before in text:
            found = prove(export, {"": text.replace(before, after).encode()}, network, request)
            assert found.fault is not None, before


def test_texts_of_the_proof_have_their_tokens() -> None:
    network = made("words", ["1 logistic"])
    drawn = draw_texts(network, np.random.default_rng(1), 40)
    assert network.vocabulary is not None
    again = network.vocabulary.tokens([str(text) for text in drawn.texts])
    assert (again.indices == drawn.inputs.indices).all()  # type: ignore[union-attr]
    known = drawn.inputs[:20].indices  # type: ignore[union-attr]
    assert (known != network.vocabulary.unknown).mean() > 0.9
    strange = drawn.inputs[20:].indices  # type: ignore[union-attr]
    assert 0.02 < (strange == network.vocabulary.unknown).mean() < 0.6 or len(network.vocabulary.symbols) > 50
    empty = made("characters", ["2 embedding", "mean", "1 logistic"])
    assert all(draw_texts(empty, np.random.default_rng(2), 200).texts)


def test_a_module_is_used_as_its_head_says(tmp_path: Path) -> None:
    network = made("{documents: tf-idf, ngrams: 2}", ["1 logistic"])
    (tmp_path / "mail.py").write_bytes(export_format("python").render(network, ExportRequest("mail"))[""])
    (tmp_path / "texts.txt").write_text("a b c\r\n\nSTRASSE, 漢字かな!\n", encoding="utf-8")
    run = [sys.executable, "mail.py"]
    done = subprocess.run([*run, "--self-test"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("largest difference: ")
    with open(tmp_path / "texts.txt", "rb") as given:
        done = subprocess.run(run, cwd=tmp_path, stdin=given, capture_output=True, text=True, check=True)
    head, *lines = done.stdout.splitlines()
    assert head == "predicted,score_yes"
    wanted = network.predict(["a b c", "STRASSE, 漢字かな!"])[:, 0]
    assert [float(line.split(",")[1]) for line in lines] == pytest.approx(wanted.tolist(), abs=1e-6)
    code = "import mail, json; print(json.dumps([mail.predict('a b c'), mail.predict_class('a b c')])); mail.predict(3)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    outputs, decided = json.loads(done.stdout)
    assert outputs == pytest.approx([wanted[0]], abs=1e-6)
    assert decided == ("yes" if wanted[0] > 0.5 else "no")
    assert "TypeError: expected a text, found 3" in done.stderr


def test_a_module_of_characters_refuses_an_empty_text_that_the_layers_cannot_take() -> None:
    text = export_format("python").render(made("characters", ["2 embedding", "mean", "1 logistic"]), ExportRequest())[
        ""
    ]
    scope: dict[str, object] = {"__name__": "module"}
    exec(compile(text, "module", "exec"), scope)
    with pytest.raises(ValueError, match="the text is empty"):
        scope["predict"]("")  # type: ignore[operator]
    text = export_format("python").render(made("characters", ["1 logistic"]), ExportRequest())[""]
    scope = {"__name__": "module"}
    exec(compile(text, "module", "exec"), scope)
    network = made("characters", ["1 logistic"])
    assert scope["predict"]("") == pytest.approx(network.predict([""])[0].tolist())  # type: ignore[operator]


@pytest.mark.parametrize("name", FORMATS)
def test_other_layers_are_refused_by_name(name: str) -> None:
    export, request = export_format(name), ExportRequest()
    network = Network.create("words", ["2 embedding", "3 lstm", "last", "1 logistic"])
    network = network.with_vocabulary(WordInputs().fitted(["a b"]))
    network.set_parameters(np.zeros(network.topology.n_parameters))
    refused = export.refusal(network, request)
    assert refused is not None
    assert "cannot hold the layer `3 lstm`" in refused
    assert "--to c or onnx" in refused
    tower = Network.create("words", ["2 embedding", "3 tanh", "mean", "1 logistic"])
    tower = tower.with_vocabulary(WordInputs().fitted(["a b"]))
    tower.set_parameters(np.zeros(tower.topology.n_parameters))
    assert export.refusal(tower, request) is not None
    assert DocumentInputs().kind == "documents"
    assert CharacterEncoder.kind == "characters"


@pytest.mark.parametrize("inputs", INPUTS)
def test_json_holds_the_symbols_and_is_read_back(inputs: str) -> None:
    export, request = export_format("json"), ExportRequest()
    for layers in (["2 tanh", "1 logistic"], ["2 lstm", "last", "3 softmax"]):
        if "documents" in inputs and layers[0] == "2 lstm":
            continue
        network = made(inputs, layers)
        files = export.render(network, request)
        again = parse(files[""], "x.json")
        assert export.render(again, request) == files
        assert again.text == network.text
        assert again.vocabulary is not None
        assert network.vocabulary is not None
        assert again.vocabulary.symbols == network.vocabulary.symbols
        assert (again.predict(["a b x1", "STRASSE"]) == network.predict(["a b x1", "STRASSE"])).all()
        assert prove(export, files, network, request).fault is None
    # The definition that `ann import` writes is that of texts.
    assert again.definition().layer_texts == network.layer_texts


def test_the_next_symbol_is_predicted_from_json_too() -> None:
    network = Network.create("characters", ["3 lstm", "softmax"])
    assert network.text is not None
    network = network.with_vocabulary(network.text.definition.fitted(["abc"]))
    network.set_parameters(np.linspace(-1, 1, network.topology.n_parameters))
    again = parse(export_format("json").render(network, ExportRequest())[""], "x.json")
    assert again.predicts_next
    assert again.layer_texts == ["3 lstm", "softmax"]
    assert again.classes == ("a", "b", "c")


def test_damaged_symbols_in_json_are_refused_in_words() -> None:
    text = export_format("json").render(made("{words: 9}", ["1 logistic"]), ExportRequest())[""].decode()
    document = json.loads(text)
    words = document["text"]["encoder"]["words"]
    for changes, message in (
        ({"encoder": {**document["text"]["encoder"], "words": words.replace(" ", "  ", 1)}}, "x.json: "),
        ({"encoder": {**document["text"]["encoder"], "words": "a 1\n"}}, "`text` has 2 tokens, and the layers read 10"),
        ({"encoder": {}}, "`words` is missing"),
        ({"inputs": "9"}, "`inputs` of `text` must say what symbols are, found '9'"),
        ({"inputs": "{words: 0}"}, "must be a whole number of 1 or more, found 0"),
        ({"open_output": 3}, "`open_output` must be true or false, found the number 3"),
        ({"more": 1}, "unknown key 'more'"),
    ):
        changed = {**document, "text": {**document["text"], **changes}}
        with pytest.raises(NetworkError) as fault:
            parse(json.dumps(changed).encode(), "x.json")
        assert message in str(fault.value)
