"""Benders decomposition of two-stage problems on batched recourse LPs."""

from .checkpoint import CheckpointFile
from .large_sample import solve_benders

__all__ = ["CheckpointFile", "solve_benders"]
