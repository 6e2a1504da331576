"""SMPS: the field's file format for stochastic programs, read and written; and files of first-stage designs."""

from .design import read_design
from .findings import SmpsError
from .read import SmpsCase, read_smps
from .source import IndependentGroups

__all__ = ["IndependentGroups", "SmpsCase", "SmpsError", "read_design", "read_smps"]
