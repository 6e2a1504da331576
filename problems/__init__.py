"""What is decided: case files and their validation, components, uncertainty and the two-stage form."""

from typing import TYPE_CHECKING

from .case_file import library_cases, load_case
from .errors import CaseError

if TYPE_CHECKING:
    from .two_stage import TwoStageProblem

__all__ = ["CaseError", "TwoStageProblem", "library_cases", "load_case"]


def __getattr__(name: str) -> object:
    """`TwoStageProblem` on first use: it brings SciPy and Pyomo, which loading a case does not need."""
    if name == "TwoStageProblem":
        from .two_stage import TwoStageProblem

        return TwoStageProblem
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
