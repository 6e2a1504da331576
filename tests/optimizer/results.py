"""A made-up but complete outcome for tests of output, report and command line."""

import numpy as np
import pyarrow as pa

from loopwise.optimizer.outcome import Outcome
from loopwise.optimizer.report import FlowLine, FlowPicture, Histogram, ReportContent, Table
from loopwise.optimizer.result import Baseline, DesignItem, Evaluation, Objective, Result, RunStatus


def example_result(status: RunStatus = RunStatus.OPTIMAL) -> Result:
    return Result(
        case="mill",
        kind="park",
        case_hash="0" * 64,
        seed=3,
        sense="minimize",
        status=status,
        objective=Objective.of("annual cost", "USD/year", 1.9e6, 1.898e6, 1.9e6, 50),
        evaluation=Evaluation(
            scenarios=10_000,
            mean=1.91e6,
            standard_error=2.1e3,
            quantiles={"0.05": 1.6e6, "0.5": 1.9e6, "0.95": 2.3e6},
            cvar={"0.95": 2.4e6},
            resolved_exactly=3,
            failed=0,
        ),
        design=(
            DesignItem(name="RO", plant="mill", component="treatment", built=True, size=40, unit="t/h", investment=9e5),
            DesignItem(
                name="<turbine>", plant="utility", component="turbine", built=False, size=0, unit="MW", investment=0
            ),
        ),
        indicators={"fresh_water_t_per_h": 80.0, "reuse_rate": 0.4, "co2_t_per_year": None},
        baseline=Baseline(B0=2.5e6),
        bounds_over_time=((0.1, float("-inf"), 2.2e6), (1.0, 1.8e6, 2.0e6), (2.0, 1.898e6, 1.9e6)),
    )


def example_outcome(status: RunStatus = RunStatus.OPTIMAL) -> Outcome:
    edges = np.linspace(1.4e6, 3.2e6, 61)
    middle = (edges[:-1] + edges[1:]) / 2

    def bell(mean: float, width: float) -> np.ndarray:
        shape = np.exp(-(((middle - mean) / width) ** 2))
        return shape / shape.sum()

    water = FlowPicture(
        "Water",
        "t/h",
        before=(FlowLine("river", "mill", 120.0), FlowLine("mill", "works", 90.0), FlowLine("works", "outfall", 90.0)),
        after=(
            FlowLine("river", "mill", 80.0),
            FlowLine("mill", "works", 90.0),
            FlowLine("works", "RO", 60.0),
            FlowLine("RO", "mill", 40.0),
            FlowLine("works", "outfall", 30.0),
            FlowLine("RO", "outfall", 20.0),
        ),
    )
    power = FlowPicture("Power", "MW", (FlowLine("grid", "mill", 12.0),), (FlowLine("grid", "mill", 11.0),))
    content = ReportContent(
        title="Paper mill & <friends>",
        description="A mill that buys river water and could recycle a part of its effluent.",
        headline=("Build a reverse osmosis of 40 t/h.", "It saves 0.59 million USD a year and a third of the water."),
        flows=(water, power),
        cost=(
            Histogram("as is", edges, bell(2.5e6, 2.0e5), 2.5e6, 2.8e6),
            Histogram("design", edges, bell(1.91e6, 2.2e5), 1.91e6, 2.4e6),
        ),
        balance=Table("Each plant", ("plant", "fresh t/h", "reused t/h"), (("mill", 80.0, 40.0), ("works", 0.0, None))),
        indicators=Table("Indicators", ("", "as is", "design"), (("fresh water, t/h", 120.0, 80.0),)),
        assumptions=("Water is 1 t/m3.", "Prices of 2024."),
    )
    rows = [pa.record_batch({"scenario": [i, i + 1], "cost": [1.0 * i, 2.0]}) for i in (0, 2, 4)]
    return Outcome(example_result(status), content, iter(rows), message="because")
