"""Mutants of a module, run in one process: each is the module with one thing changed in one of its functions (a
comparison turned round, an `and` made an `or`, a `not` taken away, a number, a word or a flag changed, a statement
dropped, another value returned), and a check that passes with it is a hole in the tests.

A mutant is put into the functions that are there (`__code__`), so who has imported one by its name has the mutant, too.
Code outside of functions (tables, defaults of fields) is not mutated: it is the same for a check before and after.
"""

from __future__ import annotations

import ast
import copy
import inspect
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, TypeGuard

# One that never ends is killed: it takes many times the CPU that the check takes without a mutant, which differs much
# from table to table.
MAX_TIMES = 20
MIN_SECONDS, MAX_SECONDS = 0.4, 5.0
TOOL = 4  # of sys.monitoring; profilers and debuggers have others

TURNED: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
}
OPERATORS: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where it is (`function`: the outermost around it), what it is, and the module's code with it."""

    module: str
    function: str
    line: int
    change: str
    code: CodeType

    def __str__(self) -> str:
        return f"{self.module}:{self.line} in {self.function}: {self.change}"


@dataclass(slots=True)
class Verdict:
    """How many mutants there were, and which a check did not notice."""

    count: int = 0
    survivors: list[str] = field(default_factory=list)


class TooLong(BaseException):
    """The mutant does not end. No `except Exception` of the code under test catches this."""


type Wanted = Callable[[str, str], bool]  # by function and change


def mutants_of(module: ModuleType, wanted: Wanted = lambda _function, _change: True) -> Iterator[Mutant]:
    """Yields the mutants of a module's functions, in the order of its lines; only what is wanted is compiled."""
    tree = ast.parse(Path(inspect.getfile(module)).read_text())
    for function, alone, (node, change, apply) in list(_changes(tree)):
        if not wanted(function, change):
            continue
        undo = apply()
        code = compile(ast.fix_missing_locations(alone), inspect.getfile(module), "exec")
        undo()
        yield Mutant(module.__name__, function, getattr(node, "lineno", 0), change, code)


def eager(checks: Iterable[Callable[[], object]]) -> Callable[[], None]:
    """One check of many. It begins with what failed last: the same notices most mutants that are beside each other."""
    order = list(checks)

    def check() -> None:
        for index, one in enumerate(order):
            try:
                one()
            except BaseException:
                order.insert(0, order.pop(index))
                raise

    return check


@dataclass(frozen=True, slots=True)
class Row:
    """A check, the functions that it reaches (by module and outermost name), and the CPU that it takes."""

    check: Callable[[], object]
    reaches: frozenset[tuple[str, str]]
    seconds: float


def rows_of(
    checks: Iterable[Callable[[], object]], modules: Iterable[ModuleType], before: Callable[[], object]
) -> list[Row]:
    """Runs each check, which has to pass, and sees which functions of the modules are entered meanwhile.

    `before` runs before each: it empties what the code keeps (caches), or a check would not enter what it rests on.
    """
    names = {
        code: (module.__name__, outer)
        for module in modules
        for name, function in _functions(module).items()
        for outer in (_outermost_name(module, name),)
        for code in (function.__code__, *_codes(function.__code__).values())
    }
    seen: set[tuple[str, str]] = set()
    monitoring = sys.monitoring
    monitoring.use_tool_id(TOOL, "mutants")
    monitoring.register_callback(TOOL, monitoring.events.PY_START, lambda code, _offset: seen.add(names[code]))
    try:
        for code in names:
            monitoring.set_local_events(TOOL, code, monitoring.events.PY_START)
        rows = []
        for check in checks:
            before()
            seen.clear()
            began = time.process_time()
            check()
            rows.append(Row(check, frozenset(seen), time.process_time() - began))
        return rows
    finally:
        for code in names:
            monitoring.set_local_events(TOOL, code, monitoring.events.NO_EVENTS)
        monitoring.free_tool_id(TOOL)


def judge_by_rows(
    module: ModuleType,
    rows: Sequence[Row],
    before: Callable[[], object],
    wanted: Wanted = lambda _function, _change: True,
) -> Verdict:
    """As `judge`, but a mutant meets only the rows that reach the function that it changes: no other can notice it.
    Whoever has the rows runs all of them once more at the end.
    """
    verdict = Verdict()
    eagers: dict[str, tuple[Callable[[], None], float]] = {}
    for mutant in mutants_of(module, wanted):
        if not fits(module, mutant.code):
            continue
        if mutant.function not in eagers:
            reaching = [one for one in rows if (module.__name__, mutant.function) in one.reaches]
            eagers[mutant.function] = eager(one.check for one in reaching), sum(one.seconds for one in reaching)
        check, seconds = eagers[mutant.function]
        verdict.count += 1
        with installed(module, mutant.code):
            before()
            if _passes(check, _limit(seconds)):
                verdict.survivors.append(str(mutant))
    before()
    return verdict


def _limit(seconds: float) -> float:
    """How much CPU a check may take with a mutant that takes so much without."""
    return min(MAX_SECONDS, max(MIN_SECONDS, MAX_TIMES * seconds))


def judge(module: ModuleType, check: Callable[[], object], before: Callable[[], object] | None = None) -> Verdict:
    """Runs a check against each mutant of a module. It passes without a mutant (or raises), and has to raise with each.

    `before` runs before each check: it empties what the code keeps (caches).
    """
    check()
    began = time.process_time()
    check()  # once more, for the first has imported what it needs
    limit = _limit(time.process_time() - began)
    verdict = Verdict()
    for mutant in mutants_of(module):
        if not fits(module, mutant.code):
            continue
        verdict.count += 1
        with installed(module, mutant.code):
            if before:
                before()
            if _passes(check, limit):
                verdict.survivors.append(str(mutant))
    if before:
        before()
    check()
    return verdict


def fits(module: ModuleType, code: CodeType) -> bool:
    """Whether a mutant can be put into the functions: not one that has lost the only `super()` of a method."""
    functions = _functions(module)
    return all(
        functions[name].__code__.co_freevars == one.co_freevars
        for name, one in _codes(code).items()
        if name in functions
    )


@contextmanager
def installed(module: ModuleType, code: CodeType) -> Iterator[None]:
    """Puts the functions of a mutant in the place of the module's while it lasts."""
    codes = _codes(code)
    functions = {name: function for name, function in _functions(module).items() if name in codes}
    kept = {name: function.__code__ for name, function in functions.items()}
    try:
        _put(functions, codes)
        yield
    finally:
        _put(functions, kept)


def _put(functions: Mapping[str, FunctionType], codes: Mapping[str, CodeType]) -> None:
    """Without Python's warning where a generator has lost its only `yield`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name, function in functions.items():
            function.__code__ = codes[name]


def _passes(check: Callable[[], object], limit: float) -> bool:
    """Whether the check notices nothing. It runs against time by the process's own clock: pytest has the other."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong

    earlier = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    try:
        check()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  pytest's own failures are no Exception
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, earlier)
    return True


def _functions(module: ModuleType) -> dict[str, FunctionType]:
    """The functions and methods of a module by their qualified names, below their decorators."""
    found: dict[str, FunctionType] = {}
    holders: list[object] = [module]
    while holders:
        for value in vars(holders.pop()).values():
            inner = value
            if isinstance(inner, property):
                inner = inner.fget
            if isinstance(inner, staticmethod | classmethod):
                inner = inner.__func__
            inner = inspect.unwrap(inner) if callable(inner) else inner
            own = getattr(inner, "__module__", None) == module.__name__
            if own and isinstance(inner, FunctionType) and inner.__code__.co_filename == inspect.getfile(module):
                found[inner.__qualname__] = inner
            elif own and isinstance(value, type) and value not in holders:
                holders.append(value)
    return found


def _outermost_name(module: ModuleType, qualified: str) -> str:
    """The name of the outermost function around a function, as mutants have it: without classes."""
    holder: object = module
    for part in qualified.split("."):
        holder = getattr(holder, part, None)
        if not isinstance(holder, type):
            return part
    return qualified


def _codes(code: CodeType) -> dict[str, CodeType]:
    found: dict[str, CodeType] = {}
    for one in code.co_consts:
        if isinstance(one, CodeType):
            found |= {one.co_qualname: one} | _codes(one)
    return found


# A node, what changes in it, and what changes it; that returns what changes it back.
Undo = Callable[[], None]
Change = tuple[ast.AST, str, Callable[[], Undo]]


def _changes(tree: ast.Module) -> Iterator[tuple[str, ast.Module, Change]]:
    """Yields each change that can be made in a tree with its function, in an order that is the same each time; between
    them the module without all but this function, which is compiled in a tenth of the time.
    """
    for function, classes in _outermost(tree):
        alone = ast.Module([_within(classes, function)], [])
        for holder in ast.walk(function):
            for change in (*_statement_changes(holder), *_expression_changes(holder)):
                yield function.name, alone, change


def _within(classes: Sequence[ast.ClassDef], function: ast.stmt) -> ast.stmt:
    """The function in classes as these, where nothing else is."""
    for one in reversed(classes):
        around = copy.copy(one)
        around.body = [function]
        function = around
    return function


def _outermost(
    node: ast.AST, classes: tuple[ast.ClassDef, ...] = ()
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, tuple[ast.ClassDef, ...]]]:
    """The functions and methods that are in no other function, and the classes around them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            _strip(child)
            yield child, classes
        else:
            yield from _outermost(child, (*classes, child) if isinstance(child, ast.ClassDef) else classes)


def _strip(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Takes away what a mutant cannot be noticed by: annotations, docstrings, and sentences for people."""
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
            node.returns = None
            for argument in (*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs):
                argument.annotation = None


DROPPED = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.Continue, ast.Break)


def _statement_changes(holder: ast.AST) -> Iterator[Change]:
    for block in ("body", "orelse", "finalbody"):
        found = getattr(holder, block, None)
        statements: list[Any] = found if isinstance(found, list) else []
        for index, one in enumerate(statements):
            if isinstance(one, DROPPED):
                yield one, f"dropped: {_words(one)}", _setter(statements, index, ast.Pass())
            elif isinstance(one, ast.Return) and one.value and ast.unparse(one.value) != "None":
                yield one, f"returns None: {_words(one)}", _attribute(one, "value", ast.Constant(None))


def _expression_changes(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.JoinedStr | ast.Raise):
        for part in ast.walk(node):
            part.of_a_sentence = True  # type: ignore[attr-defined]
    for kind, changes in KINDS.items():
        if isinstance(node, kind):
            yield from changes(node)
    yield from _without_not(node)


def _compare_changes(node: ast.Compare) -> Iterator[Change]:
    for index, operator in enumerate(node.ops):
        for other in TURNED[type(operator)]:
            yield node, f"{other.__name__}: {_words(node)}", _setter(node.ops, index, other())


def _bool_changes(node: ast.BoolOp) -> Iterator[Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield node, f"{type(other).__name__}: {_words(node)}", _attribute(node, "op", other)
    for index, value in enumerate(node.values):
        rest = node.values[:index] + node.values[index + 1 :]
        rest = rest * 2 if len(rest) == 1 else rest  # the grammar wants two
        yield node, f"without {_words(value)}", _attribute(node, "values", rest)


def _operator_changes(node: ast.BinOp) -> Iterator[Change]:
    if type(node.op) in OPERATORS:
        yield node, f"operator: {_words(node)}", _attribute(node, "op", OPERATORS[type(node.op)]())


def _name_changes(node: ast.Name) -> Iterator[Change]:
    if node.id in NAMES:
        yield node, f"{node.id}: {NAMES[node.id]}", _attribute(node, "id", NAMES[node.id])


def _filter_changes(node: ast.comprehension) -> Iterator[Change]:
    for index, test in enumerate(node.ifs):
        yield test, f"without if {_words(test)}", _setter(node.ifs, index, ast.Constant(True))


def _branch_changes(node: ast.If | ast.IfExp | ast.While) -> Iterator[Change]:
    yield node.test, f"never: {_words(node.test)}", _attribute(node, "test", ast.Constant(False))
    if not isinstance(node, ast.While):
        yield node.test, f"always: {_words(node.test)}", _attribute(node, "test", ast.Constant(True))


def _without_not(node: ast.AST) -> Iterator[Change]:
    for name, child in ast.iter_fields(node):
        if _is_not(child):
            yield child, f"without not: {_words(child)}", _attribute(node, name, child.operand)
        for index, one in enumerate(child if isinstance(child, list) else ()):
            if _is_not(one):
                yield one, f"without not: {_words(one)}", _setter(child, index, one.operand)


def _is_not(node: object) -> TypeGuard[ast.UnaryOp]:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _constant_changes(node: ast.Constant) -> Iterator[Change]:
    """A flag is turned, a number moved by one, a word (not a sentence) changed."""
    value = node.value
    if getattr(node, "of_a_sentence", False):
        return
    if isinstance(value, bool):
        yield node, f"{not value}", _attribute(node, "value", not value)
    elif isinstance(value, int):
        yield node, f"{value} + 1", _attribute(node, "value", value + 1)
    elif isinstance(value, str) and value and not any(one.isspace() for one in value.strip()):
        yield node, f"{value!r} is another word", _attribute(node, "value", f"{value}~")


KINDS: Mapping[Any, Callable[[Any], Iterator[Change]]] = {
    ast.Compare: _compare_changes,
    ast.BoolOp: _bool_changes,
    ast.BinOp: _operator_changes,
    ast.Name: _name_changes,
    ast.comprehension: _filter_changes,
    ast.If | ast.IfExp | ast.While: _branch_changes,
    ast.Constant: _constant_changes,
}


def _words(node: ast.AST) -> str:
    return ast.unparse(node).replace("\n", " ")[:70]


def _attribute(node: ast.AST, name: str, value: object) -> Callable[[], Undo]:
    def apply() -> Undo:
        kept = getattr(node, name)
        setattr(node, name, value)
        return lambda: setattr(node, name, kept)

    return apply


def _setter(items: list[Any], index: int, value: object) -> Callable[[], Undo]:
    def apply() -> Undo:
        kept = items[index]
        items[index] = value
        return lambda: items.__setitem__(index, kept)

    return apply
