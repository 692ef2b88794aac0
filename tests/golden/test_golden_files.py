"""Network files and checkpoints of an earlier program are read as they were then."""

import json

import pytest
from golden_files import CHECKPOINTS, KERNEL, NETWORKS, PREDICTIONS, RECIPES, RESUMED, make, predictions, read, resumed
from golden_runs import KERNELS, CannotRunError, Program, best_program, digests_of_network, key_of

HELD, ENDS = read(PREDICTIONS), read(RESUMED)
TRAINED = [name for name, held in HELD.items() if held["known"]["trained"]]
RESUMES = {recipe["file"]: recipe for recipe in RECIPES["checkpoints"]}
# Kernels differ in the last bits; the epochs after a checkpoint are few.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def best():
    """`ann` with the best kernel of this machine."""
    with best_program() as program:
        yield program


@pytest.fixture(scope="module", params=KERNELS)
def each(request):
    """`ann` with each kernel that runs here."""
    with program_or_skip(request.param) as program:
        yield program


@pytest.fixture(scope="module")
def recorder():
    """`ann` with the kernel that made the files."""
    with program_or_skip(KERNEL) as program:
        yield program


def program_or_skip(kernel):
    try:
        return Program(kernel)
    except CannotRunError as reason:
        pytest.skip(str(reason))


def compare(found, wanted):
    assert found["known"] == wanted["known"]
    if wanted["known"]["trained"]:
        assert len(found["scores"]) == len(wanted["scores"])
        for one, other in zip(found["scores"], wanted["scores"], strict=True):
            assert one == pytest.approx(other, rel=TOLERANCE, abs=TOLERANCE)
        assert found["classes"] == wanted["classes"]


@pytest.mark.parametrize("name", HELD)
def test_a_network_predicts_what_it_did(best, name):
    compare(predictions(best, NETWORKS / name), HELD[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", HELD)
def test_a_network_predicts_what_it_did_with_each_kernel(each, name):
    compare(predictions(each, NETWORKS / name), HELD[name])


@pytest.mark.parametrize(
    "name", [name for name in HELD if "checksum:" in (NETWORKS / name).read_text(encoding="utf-8")]
)
def test_a_network_passes_its_own_test(best, name):
    best.check(NETWORKS, f"info {name} --verify")


@pytest.mark.parametrize("name", TRAINED)
def test_a_network_is_written_back_as_it_was_read(best, name, tmp_path):
    (tmp_path / "net.nn").write_bytes((NETWORKS / name).read_bytes())
    classes = HELD[name]["known"]["classes"] or sorted(set(HELD[name]["classes"]))
    for number, label in enumerate(classes):
        (tmp_path / f"{label}.txt").write_text(f"5 3 4 {number}\n")
    files = " ".join(f"'{label}.txt'" for label in classes)
    best.check(tmp_path, f"train net.nn {files} 0 --validation 0 --continue -q")
    before, after = (path.read_bytes().decode() for path in (NETWORKS / name, tmp_path / "net.nn"))
    assert weights(after) == weights(before)
    assert head(after) == head(before)


def weights(text):
    """The lines with weights; of ann1dn's files all."""
    return text[text.index("  weights:") : text.index("  record:")] if "  weights:" in text else text


def head(text):
    """What stands above the trained part."""
    return text[: text.index("trained:")] if "trained:" in text else ""


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES["networks"], ids=lambda recipe: recipe["file"])
def test_a_recipe_still_makes_its_network(recorder, recipe, tmp_path):
    held = (NETWORKS / recipe["file"]).read_bytes()
    found = digests_of_network("network", make(recorder, recipe, tmp_path))
    if key_of(KERNEL) != next(iter(ENDS.values()))["key"]:
        pytest.skip(f"no golden networks for {key_of(KERNEL)}")
    recorded = digests_of_network("network", held)
    # Files that were written before have no curve.
    found = {part: digest for part, digest in found.items() if part in recorded or not part.endswith(" curve")}
    # A recipe is marked only as long as that is true.
    assert (found == recorded) is ("changed" not in recipe)


@pytest.mark.parametrize("name", RESUMES)
def test_a_checkpoint_leads_to_the_bytes_it_did(recorder, name):
    digests, found = resumed(recorder, RESUMES[name])
    compare(found, ENDS[name])
    key = key_of(KERNEL)
    if key != ENDS[name]["key"]:
        pytest.skip(f"no golden bytes for {key}; the scores are right")
    assert digests == ENDS[name]["digests"]


@pytest.mark.slow
@pytest.mark.parametrize("name", RESUMES)
def test_a_checkpoint_leads_to_the_scores_it_did_with_each_kernel(each, name):
    compare(resumed(each, RESUMES[name])[1], ENDS[name])


def test_all_files_have_a_recipe():
    for place, kind in ((NETWORKS, "networks"), (CHECKPOINTS, "checkpoints")):
        assert sorted(path.name for path in place.iterdir()) == sorted(recipe["file"] for recipe in RECIPES[kind])
    assert HELD.keys() == {recipe["file"] for recipe in RECIPES["networks"]}
    assert ENDS.keys() == RESUMES.keys()


def test_the_networks_have_every_activation(best):
    found = {layer.split()[1] for held in HELD.values() for layer in held["known"]["layers"]}
    assert len(found) == 14, json.dumps(sorted(found))
