"""Mutants of a module, made by the operators of mutmut.

mutmut's own runner wraps each function, and scikit-learn reads the signature of ``__init__``. So
only its operators are used; here each mutant is a module of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from random import Random

import libcst as cst
from libcst import matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from reliability.mutants.groups import Mutant

# Calls that hold nothing but a text for the user, and those that mutmut leaves as they are.
_LEFT_OUT = ("naming", "naming_foreign", "warn_user", "len", "isinstance")


def draw_mutants(root: Path, paths: tuple[str, ...], n: int, seed: int) -> list[Mutant]:
    """Up to `n` mutants of modules below a folder, as many of each as there are."""
    drawn: list[Mutant] = []
    waiting = [_shuffled(root, path, seed) for path in paths]
    while waiting and len(drawn) < n:
        mutants = waiting.pop(0)
        mutant = next(mutants, None)
        if mutant is not None:
            drawn.append(mutant)
            waiting.append(mutants)
    return drawn


def _shuffled(root: Path, path: str, seed: int) -> Iterator[Mutant]:
    """All different mutants of a module that can be compiled, in random order."""
    source = (root / path).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    finder = _Finder()
    wrapper.visit(finder)
    Random(f"{seed} {path}").shuffle(finder.found)
    known = {source}
    for line, node, changed in finder.found:
        mutated = cst.ensure_type(wrapper.module.deep_replace(node, changed), cst.Module).code
        if mutated not in known and _can_be_compiled(mutated):
            known.add(mutated)
            yield Mutant(path=path, line=line, source=mutated, diff=_diff(source, mutated))


class _Finder(cst.CSTVisitor):
    """Places that can be mutated: a line, a node, and what to put there."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, cst.CSTNode, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_left_out(node):
            return False
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                line = self.get_metadata(PositionProvider, node).start.line
                self.found += [(line, node, changed) for changed in operator(node)]
        return True


def _is_left_out(node: cst.CSTNode) -> bool:
    """Types, texts for the user, and what a module exports; docstrings are none to mutmut."""
    names_a_type = m.Assign(
        targets=[m.AssignTarget(m.Name(m.MatchRegex("[A-Z][A-Za-z]*[a-z]|__all__")))]
    )
    is_alias = m.AnnAssign(annotation=m.Annotation(m.Name("TypeAlias")))
    is_text = m.Call(func=m.Name(m.MatchIfTrue(_LEFT_OUT.__contains__)))
    left_out = names_a_type | is_alias | is_text | m.Annotation() | m.Raise() | m.Import()
    return m.matches(node, left_out | m.ImportFrom())


def _can_be_compiled(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _diff(source: str, mutated: str) -> str:
    """Lines that were removed and added."""
    lines = list(unified_diff(source.splitlines(), mutated.splitlines(), n=0, lineterm=""))[2:]
    return "\n".join(line for line in lines if not line.startswith("@@"))
