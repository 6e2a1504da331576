"""SMPS: the field's file format for stochastic programs, read and written; and files of first-stage designs."""

from .design import read_design
from .read import SmpsCase, read_smps
from .source import IndependentGroups

__all__ = ["IndependentGroups", "SmpsCase", "read_design", "read_smps"]
