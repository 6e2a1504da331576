"""Golden LPs: the rows a component adds, written out and reviewed by eye once, compared ever after.

A golden file is an LP of its own: `golden_optimum` reads it back without Pyomo, so that what stands in the file is
solved, and its optimum compared with one worked out by hand.
"""

import io
import math
import os
import re
from itertools import zip_longest
from pathlib import Path

import highspy
import pyomo.environ as pyo
from pyomo.contrib.solver.common.factory import SolverFactory
from pyomo.repn.plugins.lp_writer import LPWriter

from loopwise.kernels.highs import quiet_highs

GOLDEN = Path(__file__).parent / "problems" / "park" / "golden"
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+\.\d*(?:e[-+]?\d+)?(?![\w.])")


def lp_text(model: pyo.ConcreteModel) -> str:
    """The model as an LP with its own names, to nine digits; uncertain parameters stand at their nominal values."""
    text = io.StringIO()
    LPWriter().write(model, text, symbolic_solver_labels=True, row_order=True, column_order=True)
    return NUMBER.sub(lambda match: f"{float(match[0]):{'+' if match[0][0] == '+' else ''}.9g}", text.getvalue())


def assert_golden(name: str, model: pyo.ConcreteModel) -> None:
    """Compare with golden/NAME.lp; a missing file fails. LOOPWISE_WRITE_GOLDEN=1 writes it, for review by eye."""
    file = GOLDEN / f"{name}.lp"
    text = lp_text(model)
    if os.environ.get("LOOPWISE_WRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert file.exists(), f"{file} is missing; review the LP by eye before it becomes golden"
    for here, there in zip_longest(text.split(), file.read_text(encoding="utf-8").split()):
        assert here == there or _close(here, there), f"{name}.lp: {here!r} instead of {there!r}"


def golden_optimum(name: str, model: pyo.ConcreteModel) -> float:
    """Optimum of golden/NAME.lp as the file says it, after checking that the model is that file.

    The model is solved too, so that its variables hold the optimum, and must agree.
    """
    assert_golden(name, model)
    solver = quiet_highs()
    assert solver.readModel(str(GOLDEN / f"{name}.lp")) == highspy.HighsStatus.kOk
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    optimum = float(solver.getInfo().objective_function_value)
    found = SolverFactory("highs").solve(model).incumbent_objective
    assert found is not None
    assert math.isclose(found, optimum, rel_tol=1e-6, abs_tol=1e-6)
    return optimum


def _close(here: str | None, there: str | None) -> bool:
    try:
        return here is not None and there is not None and math.isclose(float(here), float(there), rel_tol=1e-7)
    except ValueError:
        return False
