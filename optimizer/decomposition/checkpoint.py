"""A search on disk, from which it goes on: bounds, the best design, open nodes and cuts.

What is saved holds for every later moment of the same problem: cuts and bounds stay valid, the open nodes with the
closed ones cover all designs. `key` says which problem that is; a file of another one is refused.
"""

from __future__ import annotations

import time
import zipfile
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from ...problems.errors import CaseError, Problem
from ...problems.two_stage.problem import Floats, Integers
from ..whole_file import whole_file

SECONDS = 10.0  # between two saves


@dataclass(frozen=True)
class CutRows:
    """Rows of the master beyond the first stage's: `entries` (nnz,) at `columns` of rows from `starts`, >= `limits`.

    `weights` (G,): the groups' probabilities, empty where no cut has been taken.
    """

    starts: Integers
    columns: Integers
    entries: Floats
    limits: Floats
    weights: Floats


@dataclass(frozen=True)
class SavedSearch:
    """State of a search that minimises. `x` (n1,) is empty without a design, with its `value` +inf.

    `nodes` (K, 1 + 2 n1): bound, lower and upper bounds of each open node; none before the tree was begun (`begun`).
    `closed` is the least bound of a closed node.
    """

    x: Floats
    value: float
    lower: float
    excluded: float
    begun: bool
    closed: float
    nodes: Floats
    cuts: CutRows


@dataclass
class CheckpointFile:
    """`file` holds the state of the problem with `key`, whole or not at all; saved every few seconds."""

    file: Path
    key: str
    _saved: float = field(default_factory=time.perf_counter)

    def read(self) -> SavedSearch | None:
        """The state to go on from, None where there is no file. Raises CaseError for another problem's file."""
        if not self.file.exists():
            return None
        try:
            with np.load(self.file, allow_pickle=False) as arrays:
                content = {name: arrays[name] for name in arrays.files}
            if str(content["key"]) != self.key:
                message = "holds the search of another problem: other case, scenarios, seed, gap or options"
                raise CaseError(Problem(message, file=str(self.file), place="--checkpoint"))
            cuts = CutRows(**{f.name: content[f"cut_{f.name}"] for f in fields(CutRows)})
            numbers = {name: float(content[name]) for name in ("value", "lower", "excluded", "closed")}
            return SavedSearch(
                x=content["x"], begun=bool(content["begun"]), nodes=content["nodes"], cuts=cuts, **numbers
            )
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            message = f"cannot be read as a saved search: {error}"
            raise CaseError(Problem(message, file=str(self.file), place="--checkpoint")) from error

    @property
    def due(self) -> bool:
        """Whether the last save is long enough ago."""
        return time.perf_counter() - self._saved >= SECONDS

    def save(self, state: SavedSearch) -> None:
        """Replace what is there. Raises CaseError where it cannot be written."""
        arrays = {f.name: getattr(state, f.name) for f in fields(state) if f.name != "cuts"}
        arrays |= {f"cut_{f.name}": getattr(state.cuts, f.name) for f in fields(CutRows)}
        with whole_file(self.file) as temporary, temporary.open("wb") as stream:
            np.savez(stream, key=np.array(self.key), **arrays)
        self._saved = time.perf_counter()
