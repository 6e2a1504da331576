"""What is uncertain: distributions, their correlation, and samples that depend on the scenario's index only."""

from .uniforms import uniforms

__all__ = ["uniforms"]
