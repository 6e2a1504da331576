"""What is uncertain: distributions, their correlation, and samples that depend on the scenario's index only."""

from .correlation import Correlation, correlation_matrix
from .distributions import (
    Bernoulli,
    Bootstrap,
    Discrete,
    Distribution,
    Empirical,
    Lognormal,
    Normal,
    Triangular,
    Truncated,
    Uniform,
)
from .elements import StatedUncertainty, UncertainElement
from .source import Uncertainty
from .uniforms import uniforms

__all__ = [
    "Bernoulli",
    "Bootstrap",
    "Correlation",
    "Discrete",
    "Distribution",
    "Empirical",
    "Lognormal",
    "Normal",
    "StatedUncertainty",
    "Triangular",
    "Truncated",
    "UncertainElement",
    "Uncertainty",
    "Uniform",
    "correlation_matrix",
    "uniforms",
]
