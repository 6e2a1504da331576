"""Cuts from the blocks of a program, each solved to a proven bound by itself.

For any direction p over the linking variables, z = min p'x over one block without the others bounds p'x from below in
the whole program: p'x >= z is a valid row that no McCormick relaxation contains. Directions are parts of the objective
and what the duals of a block's rows make of it, the Lagrangean decomposition of Karuppiah and Grossmann, Journal of
Global Optimization 41 (2008) 163-186, DOI 10.1007/s10898-007-9203-8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from .blocks import Block, block_program, blocks_of, linking_columns
from .box_solver import BoxSolver, BoxStatus
from .clock import Clock, TimeUpError
from .options import SearchOptions, SearchResult, SearchStatus
from .program import BilinearProgram, Box, Floats
from .relaxation import Relaxation

Search = Callable[[BilinearProgram, SearchOptions], SearchResult]
_ROUNDS = 4
_PARTS = 8
"""Parts of the objective that are tried as directions of their own, the largest first."""
_NODES = 200
"""Boxes that one block's search may use; its bound holds whenever it ends."""
_SAFETY = 1e-8
"""By how much of the incumbent's magnitude a cut is relaxed, for rounding."""


@dataclass(frozen=True)
class Cut:
    """direction'x >= bound, found in block number `block`."""

    block: int
    direction: Floats
    bound: float


class BlockCuts:
    """Separates the relaxation's point from what each block allows, round by round."""

    def __init__(self, program: BilinearProgram, search: Search, clock: Clock, options: SearchOptions) -> None:
        self.program, self.search, self.clock, self.options = program, search, clock, options
        self.blocks = blocks_of(program)
        self.cuts: list[Cut] = []
        if len(self.blocks) > 1:
            self.linking = linking_columns(program, self.blocks)

    def strengthened(self) -> BilinearProgram:
        """The program with the cuts as rows."""
        program, cuts = self.program, self.cuts
        if not cuts:
            return program
        return replace(
            program,
            A=sp.csr_array(sp.vstack([program.A, sp.csr_array(np.array([cut.direction for cut in cuts]))])),
            row_lower=np.append(program.row_lower, [cut.bound for cut in cuts]),
            row_upper=np.append(program.row_upper, np.full(len(cuts), np.inf)),
        )

    def separate(self, box: Box, value: float) -> bool:
        """Rounds of cuts under the incumbent's `value`; False where a block shows that nothing better is left.

        Raises TimeUpError, and KeyboardInterrupt where a block's search was interrupted.
        """
        if len(self.blocks) < 2 or not np.isfinite(value):
            return True
        before = -np.inf
        for number in range(_ROUNDS):
            relaxation = Relaxation(self.strengthened())
            relaxed = BoxSolver(relaxation, self.clock).relax(box, None, value)
            if relaxed.status is BoxStatus.EMPTY:
                return False
            room = value - relaxed.bound
            if room <= self.options.gap * abs(value) or (number > 1 and relaxed.bound - before < 0.03 * room):
                return True
            before = relaxed.bound
            if number == 0:
                directions = self.objective_parts(relaxed.point)
            else:
                directions = self.dual_directions(relaxation, box, relaxed.dual, value)
            for block, direction in directions:
                if not self.add_cut(block, direction, relaxed.point, box, value, tolerance=0.05 * room):
                    return False
        return True

    def add_cut(
        self, number: int, direction: Floats, point: Floats, box: Box, value: float, *, tolerance: float
    ) -> bool:
        """Search one block along `direction`; keep the cut if `point` violates it. False where the block is empty."""
        here = float(direction @ point)
        part = block_program(self.program, self.blocks[number], self.linking, box, value, direction)
        asked = replace(
            self.options,
            gap=0.0,
            absolute_gap=tolerance,
            enough=here + 0.2 * tolerance,
            time_limit=self.clock.remaining(),
            node_limit=_NODES,
            starts=3,
            start=None,
            tightening_rounds=1,
            progress=None,
        )
        found = self.search(part, asked)
        if found.status is SearchStatus.INTERRUPTED:
            raise KeyboardInterrupt
        if found.status is SearchStatus.INFEASIBLE:
            return False
        bound = found.bound - _SAFETY * max(abs(value), 1.0)
        if bound > here + 0.2 * tolerance:
            size = float(np.abs(direction).max())
            self.cuts.append(Cut(number, direction / size, bound / size))
        if self.clock.expired():
            raise TimeUpError
        return True

    def objective_parts(self, point: Floats) -> list[tuple[int, Floats]]:
        """What each linking variable with its power costs, in every block."""
        program = self.program
        costly = np.flatnonzero(program.cost != 0.0)
        owner = np.arange(program.columns)
        owner[program.power] = program.base
        parts: list[Floats] = []
        for variable in np.unique(owner[costly]):
            part = np.zeros(program.columns)
            members = costly[owner[costly] == variable]
            part[members] = program.cost[members]
            parts.append(part)
        parts.sort(key=lambda part: -float(part @ point))
        return [(number, part) for part in parts[:_PARTS] for number in range(len(self.blocks))]

    def dual_directions(self, relaxation: Relaxation, box: Box, dual: Floats, value: float) -> list[tuple[int, Floats]]:
        """Share of the objective that the duals of each block's rows, McCormick rows and cuts carry."""
        rows = relaxation.rows(box, value)
        directions: list[tuple[int, Floats]] = []
        for number, block in enumerate(self.blocks):
            kept = np.concatenate(
                [
                    block.rows,
                    np.array([cut.block == number for cut in self.cuts], dtype=bool),
                    self.mccormick_rows(block, len(dual)),
                ]
            )
            weights = np.where(kept, dual, 0.0)
            carried = np.bincount(
                rows.index, rows.value * weights[relaxation.row_of_entry], minlength=self.program.columns
            )
            direction = np.zeros(self.program.columns)
            direction[self.linking] = carried[self.linking]
            if np.any(direction != 0.0):
                directions.append((number, direction))
        return directions

    def mccormick_rows(self, block: Block, rows: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of the relaxation's `rows` after the linear ones belong to the block: only products do."""
        mine = np.isin(self.program.product, block.columns)
        after = rows - self.program.rows - len(self.cuts) - 4 * len(mine)
        return np.concatenate([np.repeat(mine, 4), np.zeros(after, dtype=bool)])
