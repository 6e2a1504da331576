"""SMPS: the field's file format for stochastic programs, read and written; and files of first-stage designs."""

from .design import read_design
from .read import SmpsCase, read_smps
from .source import IndependentGroups
from .write import smps_files, smps_texts

__all__ = ["IndependentGroups", "SmpsCase", "read_design", "read_smps", "smps_files", "smps_texts"]
