"""Figures of a Python package: sizes, branches, names, imports, circles, and arrows between its rooms.

    .venv/bin/python tools/figures.py                      # of src/detente
    .venv/bin/python tools/figures.py FOLDER --worst 5     # of another package, with the worst places of each row
    .venv/bin/python tools/figures.py --json               # the same as JSON

Needs the standard library only; reads the files, imports none of them. The column "Fava" is what this program says of
github.com/beancount/fava (src/fava at commit b12bd6f4), a code base that good engineers hold up.
"""

from __future__ import annotations

import argparse
import ast
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

LONG_FUNCTION = 50
MANY_BRANCHES = 10
MANY_ARGUMENTS = 7
MANY_METHODS = 12
LEAST_TOLERANCE, MOST_TOLERANCE = 1e-15, 1e-6
DEFAULT = Path(__file__).resolve().parent.parent / "src" / "detente"

DECISIONS = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)
Function = ast.FunctionDef | ast.AsyncFunctionDef
Graph = dict[str, set[str]]


@dataclass(frozen=True)
class Place:
    """Somewhere in the code, and how much of what is counted is there."""

    file: str
    line: int
    what: str
    size: float = 1.0


@dataclass(frozen=True)
class Import:
    """One name of an import statement."""

    node: ast.Import | ast.ImportFrom
    module: str
    name: str | None
    """None for `import module`."""
    in_function: bool
    for_types: bool
    """Under `if TYPE_CHECKING`."""


@dataclass(frozen=True)
class Figure:
    """A row of the table."""

    row: str
    value: float
    note: str = ""
    percent: bool = False
    fava: float | None = None
    worst: tuple[Place, ...] = ()

    def shown(self, value: float | None) -> str:
        if value is None:
            return ""
        return f"{value:.1f} %" if self.percent else f"{value:,.0f}"


@dataclass(frozen=True)
class Room:
    """A folder of a package: its files (`__init__` apart) and the import arrows between them."""

    name: str
    files: int
    arrows: int


@dataclass(frozen=True)
class Crossing:
    """Import arrows from one room of a floor to another."""

    importer: str
    imported: str
    arrows: int


@dataclass(frozen=True)
class Report:
    """All that is said of a package."""

    package: str
    figures: tuple[Figure, ...]
    rooms: tuple[Room, ...]
    crossings: tuple[Crossing, ...]


# --- what is in a module -------------------------------------------------------------------------------------------


class Reader(ast.NodeVisitor):
    """What one module holds, with where each thing stands."""

    def __init__(self, module: str, is_package: bool) -> None:
        self.package = module.split(".") if is_package else module.split(".")[:-1]
        self.functions: list[Function] = []
        self.classes: list[ast.ClassDef] = []
        self.aliases: list[tuple[ast.stmt, str]] = []
        self.calls: list[ast.Call] = []
        self.literals: list[ast.Constant] = []
        self.imports: list[Import] = []
        self._within: list[Function] = []
        self._for_types = False
        self._declared = False

    def visit_FunctionDef(self, node: Function) -> None:
        self.functions.append(node)
        self._within.append(node)
        self.generic_visit(node)
        self._within.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.classes.append(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.calls.append(node)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        small = isinstance(node.value, float) and LEAST_TOLERANCE <= node.value <= MOST_TOLERANCE
        if small and not self._declared:
            self.literals.append(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._assigned(node, node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._assigned(node, [node.target])

    def visit_TypeAlias(self, node: ast.stmt) -> None:  # from Python 3.12 on
        self.aliases.append((node, node.name.id))  # type: ignore[attr-defined]

    def _assigned(self, node: ast.Assign | ast.AnnAssign, targets: list[ast.expr]) -> None:
        names = [t.id for target in targets for t in ast.walk(target) if isinstance(t, ast.Name)]
        outside, before = not self._within, self._declared
        self._declared = before or (outside and bool(names) and all(name.isupper() for name in names))
        if outside and node.col_offset == 0 and len(names) == 1 and is_type(node):
            self.aliases.append((node, names[0]))
        self.generic_visit(node)
        self._declared = before

    def visit_If(self, node: ast.If) -> None:
        before = self._for_types
        self._for_types = before or "TYPE_CHECKING" in ast.unparse(node.test)
        for child in node.body:
            self.visit(child)
        self._for_types = before
        for other in [node.test, *node.orelse]:
            self.visit(other)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._imported(node, alias.name, None)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        above = self.package[: len(self.package) - node.level + 1] if node.level else []
        module = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            self._imported(node, module, alias.name)

    def _imported(self, node: ast.Import | ast.ImportFrom, module: str, name: str | None) -> None:
        self.imports.append(Import(node, module, name, bool(self._within), self._for_types))


BUILT_IN = {"dict", "list", "tuple", "set", "frozenset", "type"}


def is_type(node: ast.Assign | ast.AnnAssign) -> bool:
    """Whether an assignment names a type: by its annotation, or since its value is written as types are.

    A capital first: `Row = dict[int, float]`. A union needs two sides that may be types.
    """
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation).endswith("TypeAlias")
    target, value = node.targets[0], node.value
    if not (isinstance(target, ast.Name) and target.id[:1].isupper() and not target.id.isupper()):
        return False
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).rpartition(".")[2] in ("NewType", "NamedTuple", "namedtuple", "TypedDict")
    parts = sides(value)
    return all(map(may_be_type, parts)) and (len(parts) > 1 or isinstance(value, ast.Subscript))


def sides(value: ast.expr) -> list[ast.expr]:
    """Of a union, what it is of; else the expression."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return [*sides(value.left), *sides(value.right)]
    return [value]


def may_be_type(value: ast.expr) -> bool:
    if isinstance(value, ast.Subscript):
        name = ast.unparse(value.value).rpartition(".")[2]
        return name in BUILT_IN or name[:1].isupper()
    return isinstance(value, ast.Name | ast.Attribute) or (isinstance(value, ast.Constant) and value.value is None)


def branches(function: Function) -> int:
    """Ways through a function by McCabe, of those inside it too: 1, and 1 more for each decision."""
    ways = 1
    for node in ast.walk(function):
        if isinstance(node, ast.comprehension):
            ways += 1 + len(node.ifs)
        elif isinstance(node, ast.BoolOp):
            ways += len(node.values) - 1
        else:
            ways += isinstance(node, DECISIONS)
    return ways


def lines_of(function: Function) -> int:
    """From `def` to the last line, docstring included, decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def methods(node: ast.ClassDef) -> int:
    return sum(isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) for child in node.body)


# --- the package ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Module:
    """A file of the package, read."""

    name: str
    file: str
    lines: int
    is_package: bool
    holds: Reader = field(repr=False, compare=False)

    @property
    def room(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def at(self, node: ast.stmt | ast.expr, what: str, size: float = 1.0) -> Place:
        return Place(self.file, node.lineno, what, size)


def read(folder: Path) -> dict[str, Module]:
    """Every module of the package in a folder, by its dotted name. A file that is no Python raises SyntaxError."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = [folder.name, *path.relative_to(folder).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        text = path.read_text(encoding="utf-8")
        reader = Reader(name, is_package)
        reader.visit(ast.parse(text, str(path)))
        file = path.relative_to(folder.parent).as_posix()
        found[name] = Module(name, file, len(text.splitlines()), is_package, reader)
    return found


def module_of(one: Import, modules: dict[str, Module]) -> str | None:
    """The module of the package that an import reads: `from package import module` is of the module."""
    if one.name is not None and f"{one.module}.{one.name}" in modules:
        return f"{one.module}.{one.name}"
    return one.module if one.module in modules else None


def arrows(modules: dict[str, Module]) -> Graph:
    """Which modules each module imports while it runs, inside functions too."""
    graph: Graph = {name: set() for name in modules}
    for name, module in modules.items():
        for one in module.holds.imports:
            target = module_of(one, modules)
            if target is not None and target != name and not one.for_types:
                graph[name].add(target)
    return graph


def circles(graph: Graph) -> list[tuple[str, ...]]:
    """Sets of modules each of which leads to all others: components by Tarjan's algorithm, 1972, of two or more."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[tuple[str, ...]] = []

    def follow(v: str) -> None:
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(graph[v]):
            if w not in index:
                follow(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            component = stack[stack.index(v) :]
            del stack[stack.index(v) :]
            if len(component) > 1:
                found.append(tuple(sorted(component)))

    for v in sorted(graph):
        if v not in index:
            follow(v)
    return found


def rooms(modules: dict[str, Module], graph: Graph) -> tuple[Room, ...]:
    """Each folder with `__init__`, and the arrows between its own files."""
    files: dict[str, list[str]] = defaultdict(list)
    for module in modules.values():
        if not module.is_package:
            files[module.room].append(module.name)
    packages = sorted(name for name, module in modules.items() if module.is_package)
    return tuple(
        Room(room, len(files[room]), sum(len(graph[name] & set(files[room])) for name in files[room]))
        for room in packages
    )


def crossings(modules: dict[str, Module], graph: Graph) -> tuple[Crossing, ...]:
    """Arrows between rooms that stand side by side on a floor: sub-packages of one sub-package."""
    found: Counter[tuple[str, str]] = Counter()
    for name, targets in graph.items():
        for target in targets:
            ours, theirs = modules[name].room.split("."), modules[target].room.split(".")
            shared = sum(1 for _ in common(ours, theirs))
            if shared >= 2 and len(ours) > shared and len(theirs) > shared:
                found[".".join(ours[: shared + 1]), ".".join(theirs[: shared + 1])] += 1
    return tuple(Crossing(a, b, n) for (a, b), n in sorted(found.items()))


def common(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[str]:
    """How two dotted names begin alike."""
    for a, b in zip(ours, theirs, strict=False):
        if a != b:
            return
        yield a


# --- the table -----------------------------------------------------------------------------------------------------


def counted(row: str, places: Iterable[Place], fava: float | None, note: str = "") -> Figure:
    """A row that says how many places there are; the worst first."""
    worst = sorted(places, key=lambda place: (-place.size, place.file, place.line))
    return Figure(row, len(worst), note, fava=fava, worst=tuple(worst))


def of_functions(modules: Iterable[Module]) -> list[Figure]:
    """Lengths, branches and names of functions."""
    found = [(m, f) for m in modules for f in m.holds.functions]
    if not found:
        return []
    lengths = sorted(lines_of(f) for _, f in found)
    longest = sorted((m.at(f, f.name, lines_of(f)) for m, f in found), key=lambda place: -place.size)
    branching = [m.at(f, f.name, branches(f)) for m, f in found if branches(f) > MANY_BRANCHES]
    named = [(m, f) for m, f in found if not is_special(f.name)]
    one_word = [m.at(f, f.name) for m, f in named if "_" not in f.name.strip("_")]
    often = Counter(place.what for place in one_word)
    repeated = [Place(p.file, p.line, p.what, often[p.what]) for p in one_word]
    return [
        Figure("functions", len(found), fava=621),
        Figure("lines of a function, median", statistics.median(lengths), fava=5),
        Figure("lines of a function, 90 % under", lengths[int(0.9 * len(lengths))], fava=26),
        Figure("lines of the longest function", lengths[-1], fava=142, worst=tuple(longest)),
        counted(f"functions over {LONG_FUNCTION} lines", [p for p in longest if p.size > LONG_FUNCTION], 11),
        share(f"functions with more than {MANY_BRANCHES} branches", branching, len(found), 1.4),
        share("names of functions that are one word", repeated, len(named), 38.8),
    ]


def is_special(name: str) -> bool:
    """Whether the language gives a function its name, such as __init__: nobody could choose another."""
    return name.startswith("__") and name.endswith("__")


def share(row: str, places: list[Place], of: int, fava: float) -> Figure:
    """A row that says which part of all these places are."""
    some = counted(row, places, fava)
    part = 100 * len(places) / of if of else 0.0
    return Figure(row, part, f"{len(places)} of {of}", percent=True, fava=fava, worst=some.worst)


def of_types(modules: Iterable[Module]) -> list[Figure]:
    """Public names of classes and aliases, and those that mean two things."""
    where: dict[str, dict[str, Place]] = defaultdict(dict)
    classes = []
    for m in modules:
        for node in m.holds.classes:
            classes.append(m.at(node, node.name, methods(node)))
        named = [*((node, node.name) for node in m.holds.classes), *m.holds.aliases]
        for statement, name in named:
            if not name.startswith("_"):
                where[name].setdefault(m.name, m.at(statement, name))
    twice = {name: places for name, places in where.items() if len(places) > 1}
    places = [Place(p.file, p.line, p.what, len(ps)) for ps in twice.values() for p in ps.values()]
    worst = tuple(sorted(places, key=lambda p: (-p.size, p.what, p.file)))
    large = [c for c in classes if c.size > MANY_METHODS]
    largest = max(classes, key=lambda c: c.size, default=Place("", 0, "", 0))
    return [
        Figure("public type names", len(where), fava=201),
        Figure("of these, defined in two or more modules", len(twice), ", ".join(sorted(twice)), fava=3, worst=worst),
        counted(f"classes over {MANY_METHODS} methods", large, 1),
        Figure("methods of the largest class", largest.size, largest.what, fava=15, worst=tuple(large)),
    ]


def of_imports(modules: dict[str, Module], graph: Graph) -> list[Figure]:
    """Imports inside functions, of what is private, and in circles."""
    inside, private = [], []
    for m in modules.values():
        statements = {id(one.node): one for one in m.holds.imports if one.in_function}
        inside += [m.at(one.node, ast.unparse(one.node)) for one in statements.values()]
        for one in m.holds.imports:
            name = one.name or one.module.rpartition(".")[2]
            if is_private(name) and module_of(one, modules) is not None:
                private.append(m.at(one.node, f"{name} of {one.module}"))
    rings = [Place(modules[ring[0]].file, 1, " - ".join(ring), len(ring)) for ring in circles(graph)]
    return [
        counted("imports inside functions", inside, 11),
        counted("private imports across modules", private, 2),
        counted("import circles at run time", rings, 0),
    ]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def of_expressions(modules: Iterable[Module]) -> list[Figure]:
    """Long calls, and tolerances without a name."""
    calls, bare = [], []
    for m in modules:
        for call in m.holds.calls:
            if len(call.args) >= MANY_ARGUMENTS:
                calls.append(m.at(call, f"{ast.unparse(call.func)}(…)", len(call.args)))
        bare += [m.at(literal, f"{literal.value!r}") for literal in m.holds.literals]
    return [
        counted(f"calls with {MANY_ARGUMENTS} or more positional arguments", calls, 4),
        counted("bare literals from 1e-15 to 1e-6", bare, 0),
    ]


def report(folder: Path) -> Report:
    """All figures of the package in a folder."""
    modules = read(folder)
    graph = arrows(modules)
    every = list(modules.values())
    sizes = sorted((Place(m.file, 1, m.name, m.lines) for m in every), key=lambda place: -place.size)
    figures = [
        Figure("modules", len(every), fava=61),
        Figure("lines", sum(m.lines for m in every), fava=10_749, worst=tuple(sizes)),
        *of_functions(every),
        *of_imports(modules, graph),
        *of_expressions(every),
        *of_types(every),
    ]
    return Report(folder.name, tuple(figures), rooms(modules, graph), crossings(modules, graph))


def table(found: Report, worst: int) -> str:
    """The report as lines of text."""
    width = max(len(figure.row) for figure in found.figures)
    said = [f"{'':{width}}  {found.package:>10}  {'Fava':>10}"]
    for figure in found.figures:
        cells = f"{figure.row:{width}}  {figure.shown(figure.value):>10}  {figure.shown(figure.fava):>10}"
        said.append(f"{cells}  {figure.note}".rstrip())
        said += [f"    {p.file}:{p.line}  {p.what}  {p.size:g}" for p in figure.worst[:worst]]
    wide = max((len(room.name) for room in found.rooms), default=0)
    said += ["", f"{'room':{wide}}  {'files':>5}  {'arrows':>6}"]
    said += [f"{room.name:{wide}}  {room.files:5}  {room.arrows:6}" for room in found.rooms]
    if found.crossings:
        said += ["", "arrows between rooms of a floor"]
        said += [f"{c.importer} -> {c.imported}  {c.arrows}" for c in found.crossings]
    return "\n".join(said)


def main(arguments: Sequence[str] | None = None, say: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT, help="a package; default src/detente")
    parser.add_argument("--json", action="store_true", help="as JSON, with every place")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="the N worst places of each row")
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    if not any(folder.glob("*.py")):
        parser.error(f"{options.folder} holds no Python files: name the folder of a package, such as src/detente")
    found = report(folder)
    say(json.dumps(asdict(found), indent=1, ensure_ascii=False) if options.json else table(found, options.worst))


if __name__ == "__main__":
    main()
