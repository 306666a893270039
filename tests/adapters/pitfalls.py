"""Tables of pitfalls: each row names the tests that prove that we are out of it, or says why there is none.

A row is a line of a module's docstring that ends in a colon; below it, indented, stand ``file::test`` (from
``tests/``) or ``no test: …``.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent.parent


@dataclass(frozen=True)
class Row:
    pitfall: str
    proofs: tuple[str, ...]
    reason: str = ""

    @property
    def is_answered(self) -> bool:
        return bool(self.proofs or self.reason)


def rows(document: str) -> list[Row]:
    """Of a docstring. Its own first paragraphs have no line that ends in a colon with indented ones below."""
    found: list[Row] = []
    for line in document.splitlines():
        if line and not line.startswith(" ") and line.endswith(":"):
            found.append(Row(line.rstrip(":"), ()))
        elif line.startswith("    ") and found:
            found[-1] = _with(found[-1], line.strip())
    return found


def _with(row: Row, line: str) -> Row:
    if "::" in line and " " not in line:
        return Row(row.pitfall, (*row.proofs, line), row.reason)
    return Row(row.pitfall, row.proofs, f"{row.reason} {line.removeprefix('no test:').strip()}".strip())


def missing(row: Row) -> list[str]:
    """The named tests that do not exist."""
    return [proof for proof in row.proofs if not _exists(*proof.split("::"))]


def _exists(file: str, test: str) -> bool:
    path = TESTS / file
    if not path.is_file():
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = (node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return test in names
