"""Golden LPs: the rows a component adds, written out and reviewed by eye once, compared ever after."""

import io
import os
from pathlib import Path

import pyomo.environ as pyo
from pyomo.repn.plugins.lp_writer import LPWriter

GOLDEN = Path(__file__).parent / "problems" / "park" / "golden"


def lp_text(model: pyo.ConcreteModel) -> str:
    """The model as an LP file with its own names; uncertain parameters stand at their nominal values."""
    text = io.StringIO()
    LPWriter().write(model, text, symbolic_solver_labels=True, row_order=True, column_order=True)
    return text.getvalue()


def assert_golden(name: str, model: pyo.ConcreteModel) -> None:
    """Compare with golden/NAME.lp; a missing file fails. LOOPWISE_WRITE_GOLDEN=1 writes it, for review by eye."""
    file = GOLDEN / f"{name}.lp"
    text = lp_text(model)
    if os.environ.get("LOOPWISE_WRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert file.exists(), f"{file} is missing; review the LP by eye before it becomes golden"
    assert text == file.read_text(encoding="utf-8")
