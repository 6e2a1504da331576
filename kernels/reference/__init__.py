"""The reference engine: the algorithm in plain NumPy, written to be read. Specification and oracle of the others."""

from ..engine import PreparedEngine, StandardForm
from .interior_point import InteriorPoint

__all__ = ["prepare", "unavailable"]


def unavailable() -> str | None:
    """None: NumPy and SciPy are always there."""
    return None


def prepare(form: StandardForm) -> PreparedEngine:
    """Order, analyse and hold one standard form."""
    return InteriorPoint(form)
