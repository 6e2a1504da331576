"""What a park's design would cost with less freedom: without heat integration, or with water and energy in turn.

    B1: nothing that passes heat on is built (but what must be), everything else is free
    B2: water first (no energy asset), then energy with the water assets as they are
    B3: energy first (no water asset), then water with the energy assets as they are

All are decided in the joint model, so B1, B2 and B3 less the joint optimum are what heat integration and what
deciding together are worth. A comparison that turns out better than the incumbent, within its gap, replaces it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..cluster import Scheme
from ..problems.park.asset import Asset
from ..problems.park.problem import ParkProblem
from ..problems.two_stage.problem import Floats
from .design_solution import DesignSolution, SolveStatus
from .options import Options
from .progress import Progress
from .report.content import Table
from .report.words import amount
from .result import Result
from .sample import DesignSample
from .two_stage_run import find_design

WATER = frozenset({"water pipe", "treatment"})
HEAT = frozenset(
    {
        "heat exchanger",
        "heating",
        "cooling",
        "dry cooler",
        "economizer",
        "steam recovery",
        "heat pump",
        "hot-water loop",
        "organic Rankine cycle",
        "absorption chiller",
        "thermal store",
        "heat export",
    }
)
WORDS = {
    "B0": "Today",
    "B1": "Without heat integration",
    "B2": "Water first, then energy",
    "B3": "Energy first, then water",
}
NOTHING = 1e-5  # of the annual cost, below which two designs cost the same
Kept = Callable[[Asset], bool]


def climb(
    park: ParkProblem, sample: DesignSample, options: Options, scheme: Scheme, progress: Progress, joint: DesignSolution
) -> tuple[DesignSolution, dict[str, DesignSolution]]:
    """The best joint design known after all comparisons, and the comparisons that have a design, by name.

    Parks in which nothing of a kind may be built have no comparison of it. An interruption leaves what is known.
    """
    ladder: dict[str, DesignSolution] = {}

    def solve(title: str, fixed: Mapping[str, float]) -> DesignSolution | None:
        found = find_design(park.problem, sample, options, progress, scheme=scheme, fixed=fixed, title=title)
        return None if found.x is None or found.status is SolveStatus.INTERRUPTED else found

    try:
        if any(map(_heat, park.assets)):
            ladder |= _known("B1", solve("the park without heat integration", _nothing(park, _heat)))
        if any(map(_water, park.assets)) and any(map(_energy, park.assets)):
            for name, words, first, second in (
                ("B2", ("water alone", "then energy"), _water, _energy),
                ("B3", ("energy alone", "then water"), _energy, _water),
            ):
                start = solve(words[0], _nothing(park, second))
                if start is not None and start.x is not None:
                    ladder |= _known(name, solve(words[1], _as_built(park, first, start.x)))
    except KeyboardInterrupt:
        pass  # what is known so far is worth showing
    best = joint
    for found in ladder.values():
        if best.objective is not None and found.objective is not None and found.objective < best.objective:
            best = replace(best, x=found.x, objective=found.objective, upper_bound=found.objective)
    return best, ladder


def ladder_headline(result: Result, currency: str) -> list[str]:
    """What heat integration and what deciding together are worth, in fresh futures, and of what the design saves."""
    if result.baseline is None or result.evaluation is None or result.evaluation.mean is None:
        return []
    mean, lines = result.evaluation.mean, list[str]()
    saved = None if result.baseline.B0 is None else result.baseline.B0 - mean

    def worth(more: float) -> str:
        share = f" ({more / saved:.1%} of what the design saves)" if saved is not None and saved > 0.0 else ""
        return f"{amount(more)} {currency} a year{share}"

    if (alone := result.baseline.B1) is not None:
        lines.append(
            f"Heat integration is worth {worth(alone - mean)}: the best park without it costs {amount(alone)}."
        )
    turns = {"water before energy": result.baseline.B2, "energy before water": result.baseline.B3}
    known = {name: value for name, value in turns.items() if value is not None}
    if known:
        order = min(known, key=lambda name: known[name])
        together = "Deciding water and energy together is worth"
        if known[order] - mean > NOTHING * abs(mean):
            lines.append(f"{together} {worth(known[order] - mean)} against the better of both orders, {order}.")
        else:
            lines.append(f"{together} nothing that could be measured: {order} ends with a park that costs as much.")
    return lines


def ladder_table(result: Result) -> Table | None:
    """Today, the comparisons and the design beside each other, in the same fresh futures; None without comparisons."""
    compared, evaluation = result.baseline, result.evaluation
    if compared is None or evaluation is None or evaluation.mean is None:
        return None
    found = {name: getattr(compared, name) for name in WORDS}
    if all(value is None for name, value in found.items() if name != "B0"):
        return None
    mean, today = evaluation.mean, found["B0"]
    saved = 0.0 if today is None else today - mean
    rows: list[tuple[str | float | None, ...]] = []
    for name, words in WORDS.items():
        if (value := found[name]) is not None:
            share = f"{(value - mean) / saved:.1%}" if saved > 0.0 and name != "B0" else ""
            rows.append((f"{words} ({name})", value, value - mean, share))
    rows.append(("Everything together: the design", mean, 0.0, ""))
    columns = ("", f"mean, {result.objective.unit}", "more than the design", "of what the design saves")
    return Table("What heat integration and deciding together are worth", columns, tuple(rows))


def _heat(asset: Asset) -> bool:
    return asset.build_column is not None and asset.component in HEAT


def _water(asset: Asset) -> bool:
    return asset.build_column is not None and asset.component in WATER


def _energy(asset: Asset) -> bool:
    return asset.build_column is not None and asset.component not in WATER


def _nothing(park: ParkProblem, of: Kept) -> dict[str, float]:
    """First-stage columns that keep assets from being built; what must be built is in every comparison."""
    return {a.build_column: 0.0 for a in park.assets if a.build_column is not None and not a.forced and of(a)}


def _as_built(park: ParkProblem, of: Kept, x: Floats) -> dict[str, float]:
    """First-stage columns that keep assets as a design has them."""
    column = {name: k for k, name in enumerate(park.problem.first_stage.names)}
    fixed: dict[str, float] = {}
    for asset in park.assets:
        if asset.build_column is not None and asset.size_column is not None and of(asset):
            built = float(x[column[asset.build_column]] > 0.5)
            size = float(x[column[asset.size_column]])
            option = asset.option
            low, high = (0.0, size) if option is None else (option.minimum, option.maximum)
            fixed |= {asset.build_column: built, asset.size_column: built * min(max(size, low), high)}
    return fixed


def _known(name: str, found: DesignSolution | None) -> dict[str, DesignSolution]:
    return {} if found is None else {name: found}
