"""Global optimization of bilinear programs: spatial branch and bound with HiGHS as the only engine."""

from .from_pyomo import PyomoProgram, UnsupportedModelError, from_pyomo
from .options import SearchOptions, SearchResult, SearchStatus, UnboundedBoxError
from .program import BilinearProgram
from .search import minimize

__all__ = [
    "BilinearProgram",
    "PyomoProgram",
    "SearchOptions",
    "SearchResult",
    "SearchStatus",
    "UnboundedBoxError",
    "UnsupportedModelError",
    "from_pyomo",
    "minimize",
]
