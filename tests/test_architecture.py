"""The rooms of the package: who may import whom, which rooms keep silent, and how large a module and a function may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "anncli"

# Every module is read by several tests, and parsing is most of their time.
parsed = cache(ast.parse)

# Floor 1, which every room may import; a names.py holds names and help lines of a registry and imports nothing above.
GROUND = {"errors", "arrays", "logarithm", "maps", "tables", "forecasts", "limits", "_version"}

# Room -> rooms it may import, besides itself and floor 1. A room is a folder, or a module beside the folders.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "arrays": set(),
    "logarithm": set(),
    "maps": set(),
    "tables": set(),
    "forecasts": set(),
    "limits": set(),
    "_version": set(),
    "names": set(),
    "compiled": set(),
    "network": {"compiled"},
    "dataset": {"compiled"},
    "options": set(),
    "backends": {"network", "compiled"},
    "evaluation": {"dataset"},
    "formats": {"network", "dataset", "compiled"},
    "inference": {"backends", "evaluation", "network", "dataset"},
    "training": {"options", "backends", "evaluation", "network", "dataset"},
    "experiments": {
        "training", "inference", "evaluation", "formats", "options", "dataset", "compiled", "network", "backends",
    },
    "analysis": {
        "inference", "training", "formats", "backends", "compiled", "network", "dataset", "options", "evaluation",
    },
    "python": {
        "inference", "training", "formats", "backends", "compiled", "network", "dataset", "options", "evaluation",
    },
}  # fmt: skip
_ALL = set(MAY_IMPORT) - {"names"}
_DOORS = {"api", "estimators"}
MAY_IMPORT |= {"api": _ALL, "estimators": _ALL | {"api"}, "__main__": {"cli"}}
MAY_IMPORT |= {"cli": _ALL | {"api", "anncli"}, "anncli": _ALL | _DOORS}

# Modules that import by a computed name what is not in their own room, and why the table of rooms holds all the same.
LATE = {
    "anncli",  # the package itself finds its public names, and may import every room
    "anncli.network.methods",  # methods of a network that need rooms above it; nothing else may use it
    "anncli.formats.loading",  # a library that is not part of this package
}

SILENT = ("network", "dataset", "options", "backends", "training", "inference", "evaluation", "experiments")
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

MOST_LINES, MOST_FUNCTION_LINES, MOST_PARAMETERS = 300, 40, 8
# Tables hold data: their length is that of the data.
TABLES = ("names.py", "options/table.py")


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    parts = module.split(".")
    if parts[-1] == "names" and len(parts) > 2:
        return "names"
    return parts[1] if len(parts) > 1 else "anncli"


def imports_of(tree: ast.Module, module: str, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Every import, also inside functions and for types only: (line, module of this package)."""
    for node in ast.walk(tree):
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
                yield node.lineno, name


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def full_name(base: str, name: str) -> str:
    """The module meant by `from base import name`: base.name where that is a module, else base."""
    return f"{base}.{name}" if is_module(f"{base}.{name}") else base


def wrong_imports(text: str, module: str, is_package: bool = False) -> list[str]:
    room = room_of(module)
    allowed = MAY_IMPORT[room] | {room, "names"} | GROUND
    found = []
    for line, name in imports_of(parsed(text), module, is_package):
        # A package of floor 1 or a room's own package holds nothing but a docstring.
        if room_of(name) not in allowed:
            found.append(f"{module}:{line}: {room} may not import {name}")
        if is_command(module) and is_command(name) and name != module:
            found.append(f"{module}:{line}: a command may not import the command {name}")
    return found


def is_command(module: str) -> bool:
    return module.startswith("anncli.cli.commands.")


def noises(text: str, module: str) -> list[str]:
    """Everything by which a silent room would speak, read or look around."""
    found = []
    for node in ast.walk(parsed(text)):
        word = ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            word = f"{node.func.id}("
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in FORBIDDEN_METHODS
            and not ast.unparse(node.func.value).endswith(("backend", "self._backend"))
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


def too_large(text: str, module: str, is_table: bool = False) -> list[str]:
    """The module, and each of its functions, that has too many lines or parameters; `__init__` of estimators excepted."""
    found = []
    n_lines = len(text.splitlines())
    if n_lines > MOST_LINES and not is_table:
        found.append(f"{module}: {n_lines} lines, at most {MOST_LINES}")
    for node in ast.walk(parsed(text)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        n = (node.end_lineno or node.lineno) - node.lineno + 1
        if module.startswith(("anncli.cli.commands", "anncli.cli.classic")):
            n -= docstring_lines(node)
        if n > MOST_FUNCTION_LINES:
            found.append(f"{module}:{node.lineno}: {node.name} has {n} lines, at most {MOST_FUNCTION_LINES}")
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        count = len([argument for argument in every if argument.arg not in ("self", "cls")])
        is_estimator = node.name == "__init__" and module == "anncli.estimators"
        if count > MOST_PARAMETERS and not is_estimator:
            found.append(f"{module}:{node.lineno}: {node.name} has {count} parameters, at most {MOST_PARAMETERS}")
    return found


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The docstring of a command is its help text: data, not code."""
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return (first.end_lineno or first.lineno) - first.lineno + 1
    return 0


MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = sorted(path for ending in ("*.cc", "*.h") for path in (PACKAGE / "compiled" / "src").glob(ending))


@cache
def import_graph() -> dict[str, set[str]]:
    """Module -> modules of the package that it imports, anywhere in it."""
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        tree = parsed(path.read_text(encoding="utf-8"))
        module = module_name(path)
        graph[module] = {name for _, name in imports_of(tree, module, path.name == "__init__.py")} - {module}
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Every set of modules that reach each other (Tarjan 1972, strongly connected components of more than one)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(graph.get(module, ())):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            component = []
            while not component or component[-1] != module:
                component.append(stack.pop())
            if len(component) > 1:
                found.append(sorted(component))

    for module in sorted(graph):
        if module not in index:
            visit(module)
    return found


def test_every_room_is_in_the_table():
    rooms = {room_of(module_name(path)) for path in MODULES}
    assert rooms <= MAY_IMPORT.keys()
    assert {"network", "compiled", "backends", "training", "cli"} <= rooms


def test_the_table_has_no_circle():
    def below(room: str, above: tuple[str, ...] = ()) -> None:
        assert room not in above, f"{' -> '.join(above)} -> {room}"
        for other in MAY_IMPORT[room]:
            below(other, (*above, room))

    # The public namespace holds names of rooms above it and runs nothing of them when imported.
    for room in MAY_IMPORT.keys() - {"anncli", "cli", "__main__"}:
        below(room)


def test_no_module_is_in_a_circle():
    # The lazy public namespace is left out: importing it runs none of the modules it names.
    graph = {module: others - {"anncli"} for module, others in import_graph().items() if module != "anncli"}
    assert circles(graph) == []


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_the_way_of_the_table(path):
    assert wrong_imports(path.read_text(encoding="utf-8"), module_name(path), path.name == "__init__.py") == []


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(module_name(p)) in SILENT], ids=module_name)
def test_silent_rooms_neither_print_nor_open_nor_look_around(path):
    assert noises(path.read_text(encoding="utf-8"), module_name(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_modules_and_functions_are_small(path):
    is_table = path.relative_to(PACKAGE).as_posix().endswith(TABLES)
    assert too_large(path.read_text(encoding="utf-8"), module_name(path), is_table) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_compiled_sources_are_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_only_layers_know_where_biases_stand():
    """Others take weights() and biases() of a topology, or the blocks as they are."""
    found = []
    for path in MODULES:
        for node in ast.walk(parsed(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and ast.unparse(node) in (
                "block[0]",
                "block[1:]",
                "slot[0]",
                "slot[1:]",
            ):
                found.append(module_name(path))
    assert "anncli.network.layers.affine" in found
    assert all(name.startswith("anncli.network.layers.") for name in found)


def late_imports(text: str, module: str) -> list[int]:
    """Lines that import a module whose name is computed, and not of the own room: the table of rooms cannot judge them."""
    room, found = room_of(module), []
    for node in ast.walk(parsed(text)):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("import_module", "importlib.import_module"):
            continue
        given = node.args[0]
        start = given.values[0] if isinstance(given, ast.JoinedStr) else given
        if not (isinstance(start, ast.Constant) and str(start.value).startswith(f"anncli.{room}.")):
            found.append(node.lineno)
    return found


def test_modules_of_other_rooms_are_imported_by_name_where_it_is_declared():
    """The package finds its public names late; networks find their methods; others name the module that they import."""
    found = {module_name(path) for path in MODULES if late_imports(path.read_text("utf-8"), module_name(path))}
    assert found == LATE
    text = (PACKAGE / "network" / "methods.py").read_text("utf-8")
    assert text.count("import_module(") == 1
    users = [module_name(path) for path in MODULES if "network.methods" in path.read_text("utf-8")]
    assert users == ["anncli.network.network"]


def test_a_package_with_a_table_of_names_imports_nothing():
    for path in PACKAGE.rglob("names.py"):
        tree = parsed((path.parent / "__init__.py").read_text(encoding="utf-8"))
        top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert [ast.unparse(node) for node in top if "__future__" not in ast.unparse(node)] == [], path


@pytest.mark.parametrize(
    ("module", "text", "line"),
    [
        ("anncli.network.layers.dense", "import anncli.dataset", 1),
        ("anncli.dataset.folds", "def f():\n    from anncli.network.network import Network", 2),
        ("anncli.formats.networks.ann", "from anncli import cli", 1),
        ("anncli.formats.networks.ann", "from ...training import run", 1),
        ("anncli.options.layers", "from anncli.training.run import train", 1),
        ("anncli.options.layers", "import anncli.network.scaling", 1),
        ("anncli.evaluation.evaluation", "def other():\n    import anncli.backends", 2),
        ("anncli.errors", "if TYPE_CHECKING:\n    import anncli.cli", 2),
        ("anncli.training.run", "x = import_module('anncli.formats.files')", 1),
        ("anncli.training.run", "import anncli\nanncli.load('x')", 2),
        ("anncli.training.run", "from anncli import load", 1),
        ("anncli.training.names", "from anncli.training import run", 1),
        ("anncli.cli.commands.test", "from anncli.cli.commands.predict import x", 1),
    ],
)
def test_a_wrong_import_is_found(module, text, line):
    found = wrong_imports(text, module)
    assert len(found) == 1
    assert found[0].startswith(f"{module}:{line}: ")


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("anncli.dataset.folds", "if TYPE_CHECKING:\n    from anncli.arrays import Array"),
        ("anncli.options.table", "from anncli.training.names import TRAINER_NAMES\nfrom anncli.training import names"),
        ("anncli.network.layers", "from ..names import x\nimport numpy, anncli.errors"),
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


def test_what_is_too_large_is_found():
    body = "".join("    x = 1\n" for _ in range(MOST_FUNCTION_LINES))
    assert len(too_large(f"def f():\n{body}", "anncli.m")) == 1
    assert len(too_large("def f(a, b, c, d, e, f, g, h, *, i): pass", "anncli.m")) == 1
    assert too_large("def f(self, a, b, c, d, e, f, g, h): pass", "anncli.m") == []
    assert len(too_large("\n" * (MOST_LINES + 1), "anncli.m")) == 1
