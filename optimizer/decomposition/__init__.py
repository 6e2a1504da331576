"""Benders decomposition of two-stage problems on batched recourse LPs."""

from .solve import solve_benders

__all__ = ["solve_benders"]
