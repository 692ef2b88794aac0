"""The network files and checkpoints of an earlier program, and what it made of them."""

import json
import shutil
import tempfile
from pathlib import Path

import yaml
from golden_runs import HERE, digests_of_network, key_of

DATA, NETWORKS, CHECKPOINTS = HERE / "data", HERE / "networks", HERE / "checkpoints"
PREDICTIONS, RESUMED = HERE / "predictions.json", HERE / "resumed.json"
RECIPES = yaml.safe_load((HERE / "recipes.yaml").read_text(encoding="utf-8"))

# What made the files, and gives the bytes in resumed.json.
KERNEL = "native-baseline"


def fill(folder, recipe):
    """The folder in which a recipe's commands run."""
    shutil.copytree(DATA, folder, dirs_exist_ok=True)
    (folder / "net.nn").write_bytes(recipe["start"].encode())


def make(program, recipe, folder):
    """The bytes of the file a recipe describes."""
    fill(folder, recipe)
    for command in recipe["commands"]:
        program.check(folder, command)
    return (folder / recipe.get("takes", recipe["file"])).read_bytes()


def predictions(program, network):
    """What `ann info` says of a network and `ann predict` of the stored vectors; no predictions where it is untrained."""
    information = json.loads(program.check(network.parent, f"info '{network}' --json"))
    known = {key: information[key] for key in ("dialect", "inputs", "classes", "columns", "trained")}
    known["layers"] = [f"{layer['units']} {layer['activation']}" for layer in information["layers"]]
    if not known["trained"]:
        return {"known": known}
    found = json.loads(program.check(DATA, f"predict '{network}' vectors.txt --json"))["predictions"]
    return {
        "known": known,
        "scores": [line["scores"] for line in found],
        "classes": [line["class"] for line in found],
    }


def resumed(program, recipe):
    """Parts of the network a checkpoint leads to, with their digests, and its predictions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, recipe)
        shutil.copy(CHECKPOINTS / recipe["file"], folder)
        program.check(folder, recipe["resume"])
        network = folder / "resumed.nn"
        return digests_of_network(network.name, network.read_bytes()), predictions(program, network)


def record_files(program):
    """Make the files that are missing, with what they predict and lead to; those of an earlier program stay."""
    for kind, place, path in (("networks", NETWORKS, PREDICTIONS), ("checkpoints", CHECKPOINTS, RESUMED)):
        held = read(path) if path.exists() else {}
        for recipe in RECIPES[kind]:
            name = recipe["file"]
            if (place / name).exists() and name in held:
                continue
            with tempfile.TemporaryDirectory() as folder:
                (place / name).write_bytes(make(program, recipe, Path(folder)))
            if kind == "networks":
                held[name] = predictions(program, place / name)
            else:
                digests, found = resumed(program, recipe)
                held[name] = {"key": key_of(KERNEL), "digests": digests, **found}
            print(f"made {kind}/{name}")
        write(path, held)


def record_resumed(program):
    """What the checkpoints, which stay, lead to now; prints which results changed."""
    held = read(RESUMED)
    for recipe in RECIPES["checkpoints"]:
        digests, found = resumed(program, recipe)
        now = {"key": key_of(KERNEL), "digests": digests, **found}
        if held.get(recipe["file"]) != now:
            held[recipe["file"]] = now
            print(f"changed: {recipe['file']}")
    write(RESUMED, held)


def write(path, held):
    """One file per line, so that a change shows which."""
    lines = [f" {json.dumps(name)}: {json.dumps(values)}" for name, values in held.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))
