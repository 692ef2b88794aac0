"""The rooms of the package: who may import whom, and which rooms keep silent."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "anncli"

# Room -> rooms of the package it may import, besides itself. A room is a folder, or a module beside the folders.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "network": {"errors"},
    "kernels": {"network", "errors"},
    "dataset": {"errors"},
    "evaluation": {"dataset", "errors"},
    "training": {"kernels", "network", "dataset", "evaluation", "errors"},
    "formats": {"network", "dataset", "errors"},
    "settings": {"errors"},
    "cli": {"network", "kernels", "dataset", "training", "evaluation", "formats", "settings", "errors", "anncli"},
    "__main__": {"cli"},
    # The public names, found when first used.
    "anncli": {"network", "kernels", "dataset", "training", "evaluation", "formats", "errors"},
}

# The tables of names, which carry no numpy.
NAME_TABLES = {"anncli.network.names", "anncli.training.names", "anncli.training.options"}

# (module, function) -> what this one function may import against the table; the module says why.
DEPARTURES = {
    ("anncli.evaluation.evaluation", "evaluate"): {"kernels", "network"},
    # The compiled parser of numbers lives with the other compiled code.
    ("anncli.formats.vectors", "_native"): {"kernels"},
}

SILENT = ("network", "dataset", "training", "evaluation")
FORBIDDEN_CALLS = {"print", "open", "input", "exec", "eval", "breakpoint"}
FORBIDDEN_NAMES = {
    ("os", "environ"),
    ("os", "getenv"),
    ("os", "open"),
    ("sys", "stdout"),
    ("sys", "stderr"),
    ("sys", "stdin"),
    ("io", "open"),
}
FORBIDDEN_METHODS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "tofile", "fromfile"}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "anncli"


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imports_of(tree: ast.Module, module: str, is_package: bool = False) -> Iterator[tuple[int, str, str]]:
    """Every import that runs, also inside functions: (line, module of this package, outermost function or '')."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[int, str, str]]:
        if is_type_checking(node):
            for child in node.orelse:
                yield from walk(child, function)
            return
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function = function or node.name
        names: list[str] = []
        if isinstance(node, ast.Import):
            # `import anncli` alone does nothing: what counts is which of its names is used.
            names = [alias.name for alias in node.names if alias.name != "anncli"]
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "anncli" and node.attr != "__version__":
            names = [full_name("anncli", node.attr)]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")[: len(module.split(".")) - node.level + is_package]
                base = ".".join([*above, base]).strip(".")
            # `from anncli import errors` imports the module errors, `from anncli import load` the name behind it.
            # The version stands in the package itself, which is always there: anybody may ask for it.
            taken = [alias.name for alias in node.names if (base, alias.name) != ("anncli", "__version__")]
            names = [full_name(base, name) for name in taken]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("import_module", "importlib.import_module"):
            names = [str(given.value) for given in node.args[:1] if isinstance(given, ast.Constant)]
        for name in names:
            if name.split(".")[0] == "anncli":
                yield node.lineno, name, function
        for child in ast.iter_child_nodes(node):
            yield from walk(child, function)

    yield from walk(tree, "")


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def full_name(base: str, name: str) -> str:
    """The module meant by `from base import name`: base.name where that is a module, else base."""
    return f"{base}.{name}" if is_module(f"{base}.{name}") else base


def wrong_imports(text: str, module: str, is_package: bool = False) -> list[str]:
    room = room_of(module)
    found = []
    for line, name, function in imports_of(ast.parse(text), module, is_package):
        wanted = room_of(name)
        allowed = MAY_IMPORT[room] | {room} | DEPARTURES.get((module, function), set())
        if wanted in allowed or (room == "settings" and name in NAME_TABLES):
            continue
        found.append(f"{module}:{line}: {room} may not import {name}")
    return found


def noises(text: str, module: str) -> list[str]:
    """Everything by which a silent room would speak, read or look around."""
    found = []
    for node in ast.walk(ast.parse(text)):
        word = ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            word = f"{node.func.id}("
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FORBIDDEN_METHODS
        ):
            word = f".{node.func.attr}("
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and (node.value.id, node.attr) in FORBIDDEN_NAMES
        ):
            word = f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and any(
            (node.module, alias.name) in FORBIDDEN_NAMES for alias in node.names
        ):
            word = ast.unparse(node)
        if word:
            found.append(f"{module}:{node.lineno}: {word}")
    return found


MODULES = sorted(PACKAGE.rglob("*.py"))


def test_every_room_is_in_the_table():
    rooms = {room_of(module_name(path)) for path in MODULES}
    assert rooms <= MAY_IMPORT.keys()
    assert {"network", "kernels", "training", "cli"} <= rooms


def test_the_table_has_no_circle():
    def below(room: str, above: tuple[str, ...] = ()) -> None:
        assert room not in above, f"{' -> '.join(above)} -> {room}"
        for other in MAY_IMPORT[room]:
            below(other, (*above, room))

    # The public namespace holds names of rooms above it and runs nothing of them when imported.
    for room in MAY_IMPORT.keys() - {"anncli", "cli", "__main__"}:
        below(room)


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_the_way_of_the_table(path):
    assert wrong_imports(path.read_text(encoding="utf-8"), module_name(path), path.name == "__init__.py") == []


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(module_name(p)) in SILENT], ids=module_name)
def test_silent_rooms_neither_print_nor_open_nor_look_around(path):
    assert noises(path.read_text(encoding="utf-8"), module_name(path)) == []


@pytest.mark.parametrize(
    ("module", "text", "line"),
    [
        ("anncli.network.layers", "import anncli.dataset", 1),
        ("anncli.dataset.split", "def f():\n    from anncli.network.network import Network", 2),
        ("anncli.formats.nn", "from anncli import cli", 1),
        ("anncli.formats.nn", "from ..training import train", 1),
        ("anncli.settings", "from anncli.training.train import train", 1),
        ("anncli.evaluation.evaluation", "def other():\n    import anncli.kernels", 2),
        ("anncli.errors", "if TYPE_CHECKING:\n    import anncli.cli\nelse:\n    import anncli.network", 4),
        ("anncli.training.run", "x = import_module('anncli.formats.nn')", 1),
        ("anncli.training.run", "import anncli\nanncli.load('x')", 2),
        ("anncli.training.run", "from anncli import load", 1),
    ],
)
def test_a_wrong_import_is_found(module, text, line):
    found = wrong_imports(text, module)
    assert len(found) == 1
    assert found[0].startswith(f"{module}:{line}: ")


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("anncli.dataset.split", "if TYPE_CHECKING:\n    from anncli.network import Network"),
        ("anncli.settings", "from anncli.training.names import TRAINER_NAMES\nfrom anncli.training import names"),
        ("anncli.evaluation.evaluation", "def evaluate():\n    from anncli.kernels.predict import predict"),
        ("anncli.network.layers", "from .names import x\nimport numpy, anncli.errors"),
        ("anncli.training.run", "import anncli\nfrom anncli import __version__\nv = anncli.__version__"),
    ],
)
def test_a_right_import_passes(module, text):
    assert wrong_imports(text, module) == []


@pytest.mark.parametrize(
    "text",
    [
        "print(1)",
        "with open('x'): pass",
        "os.environ['X']",
        "input()",
        "Path('x').read_text()",
        "from os import environ",
        "sys.stderr.write('')",
    ],
)
def test_a_noise_is_found(text):
    assert noises(text, "anncli.network.x") != []
