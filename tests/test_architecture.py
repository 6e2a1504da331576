"""The rooms import each other only in the direction that ARCHITECTURE.md draws."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "problems": set(),
    "kernels": set(),
    "cluster": set(),
    "optimizer": {"problems", "kernels", "cluster"},
}


def rooms_imported(source: Path) -> set[str]:
    """Rooms of ours that one file imports, relatively (`from ..kernels`) or by the installed name."""
    depth = len(source.relative_to(ROOT).parts) - 1  # how many dots lead out of the room
    rooms = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names if a.name.startswith("loopwise")]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("loopwise"):
            names = [node.module or ""] if node.module != "loopwise" else [f"loopwise.{a.name}" for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level > depth:
            names = [f"loopwise.{node.module}"] if node.module else [f"loopwise.{a.name}" for a in node.names]
        rooms |= {name.split(".")[1] for name in names if "." in name}
    return rooms - {source.relative_to(ROOT).parts[0]}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_import_direction(room: str) -> None:
    for source in sorted((ROOT / room).rglob("*.py")):
        forbidden = rooms_imported(source) - MAY_IMPORT[room]
        assert not forbidden, f"{source.relative_to(ROOT)} imports {sorted(forbidden)}; {room} may not"


def test_namespace_has_no_init() -> None:
    assert not (ROOT / "loopwise").exists()
    assert not (ROOT / "__init__.py").exists()
