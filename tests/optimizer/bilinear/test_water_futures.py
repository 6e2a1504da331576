"""Water networks in scenarios: by hand on one unit and one treatment, and on random networks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from loopwise.cluster import Chunk
from loopwise.optimizer.bilinear import SearchOptions
from loopwise.optimizer.bilinear.relinearization import NetworkOperation
from loopwise.optimizer.bilinear.water_evaluation import DesignPoint, WaterArguments, WaterWork
from loopwise.optimizer.bilinear.water_run import best_networks, restricted
from loopwise.optimizer.cli.app import app
from loopwise.optimizer.options import Options
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.result import DesignItem
from loopwise.optimizer.run import run_evaluate, run_optimize
from loopwise.optimizer.sample import Sample
from loopwise.problems.errors import CaseError
from loopwise.problems.water_network import WaterNetworkCase
from loopwise.problems.water_network.scenarios import water_scenarios
from loopwise.problems.water_network.uncertain import scenario_numbers


def uniform(lower: float, upper: float, *on: str) -> dict[str, Any]:
    return {"on": list(on), "distribution": {"distribution": "uniform", "lower": lower, "upper": upper}}


def mill(**changes: Any) -> WaterNetworkCase:
    """10 t/h take up 1 kg/h in the mean; 20 mg/L may leave; treatment takes out 90 % at 2 USD/t."""
    data: dict[str, Any] = {
        "contaminants": ["C"],
        "fresh_water": [{"name": "river", "price": 1.0}],
        "process_units": [{"name": "P", "flow": 10, "load": {"C": 1}, "inlet_maximum": {"C": 0}}],
        "treatment_units": [{"name": "T", "removal": {"C": 0.9}, "operating_cost": 2.0}],
        "special_pipes": [{"from": "T", "to": "P", "forbidden": True}],
        "discharge_maximum": {"C": 20},
        "objective": "annual-cost",
        "hours_per_year": 1000,
        "uncertainty": {"elements": {"load": uniform(0.5, 1.2, "process_units.P.load.C")}},
    }
    return WaterNetworkCase.model_validate(data | changes)


def designed(case: WaterNetworkCase) -> DesignPoint:
    answer = best_networks(case.at_design_point, SearchOptions(gap=1e-5), QuietProgress())
    assert answer.network is not None
    return DesignPoint.of(case.at_design_point, answer.network.flows)


def operated(case: WaterNetworkCase, point: DesignPoint, xi: Any, **options: Any) -> Any:
    operation = NetworkOperation(point.layout, point.promised, point.flow, **options)
    return operation.operate(water_scenarios(case, point.layout, np.asarray(xi, dtype=float)))


def test_promised_and_real_concentrations_by_hand() -> None:
    """Effluent c = 100 xi mg/L; treated flow t leaves (10 - t) c + 0.1 t c <= 200: t = (10 - 200 / c) / 0.9.

    The promise is c at the largest load, 120 mg/L, whatever the load: t = 9.259 t/h always. By the real concentration
    t falls with the load, to nothing at c = 20.
    """
    case, xi = mill(), np.array([[0.2], [0.5], [0.8], [1.0], [1.2]])
    found = operated(case, designed(case), xi)
    promised = (10 - 200 / 120) / 0.9
    real = np.maximum(0.0, (10 - 200 / (100 * xi[:, 0])) / 0.9)
    assert found.fixed.cost == pytest.approx(1000 * (10 + 2 * np.full(5, promised)), rel=1e-5)
    assert found.relinearized.cost == pytest.approx(1000 * (10 + 2 * real), rel=1e-5)
    assert found.margin == pytest.approx((1.2 - xi[:, 0]) / 1.2, abs=1e-5)


def test_what_no_network_can_serve_has_its_price() -> None:
    """2.2 kg/h where it is for 1.2: under the promise 1 kg/h is taken out by hand.

    By real concentrations all is treated, of which a tenth may leave: 2 kg/h, and 0.2 are taken out.
    """
    case = mill()
    found = operated(case, designed(case), [[2.2]])
    taken = found.fixed.removed.sum() / 1000.0
    assert taken == pytest.approx(1.0, rel=1e-4)
    assert found.relinearized.removed.sum() / 1000.0 == pytest.approx(0.2, rel=1e-4)
    assert found.relinearized.cost[0] < found.fixed.cost[0]


def test_less_water_than_needed_is_brought() -> None:
    case = mill(
        fresh_water=[{"name": "river", "price": 1.0, "maximum": 10}],
        uncertainty={
            "elements": {
                "flow": uniform(0.9, 1.0, "process_units.P.flow"),
                "supply": uniform(1.0, 1.1, "fresh_water.river.maximum"),
            }
        },
    )
    found = operated(case, designed(case), [[1.0, 0.7]])
    assert found.fixed.flow[0, designed(case).layout.arcs.emergency].max() == pytest.approx(3.0, rel=1e-6)


def network(seed: int) -> WaterNetworkCase:
    """Units that pass water to each other and to two treatment units, in a ring where that pays; two contaminants."""
    random = np.random.default_rng(seed)
    units = [
        {
            "name": f"P{i}",
            "flow": float(random.uniform(20, 60)),
            "load": {"A": float(random.uniform(0.5, 2)), "B": float(random.uniform(0.5, 2))},
            "inlet_maximum": {"A": float(random.choice([0, 40, 80])), "B": float(random.choice([0, 40, 80]))},
            "loss": float(random.choice([0.0, 4.0])),
        }
        for i in range(3)
    ]
    elements = {f"load {i}": uniform(0.5, 1.1, f"process_units.P{i}.load") for i in range(3)}
    elements |= {f"flow {i}": uniform(0.9, 1.1, f"process_units.P{i}.flow") for i in range(3)}
    elements["price"] = uniform(0.5, 1.5, "fresh_water.river.price", "treatment_units.T1.operating_cost")
    return WaterNetworkCase.model_validate(
        {
            "contaminants": ["A", "B"],
            "fresh_water": [{"name": "river", "price": 1.0}],
            "process_units": units,
            "treatment_units": [
                {"name": "T1", "removal": {"A": 0.95}, "operating_cost": 0.5, "investment_factor": 10000},
                {"name": "T2", "removal": {"A": 0.5, "B": 0.9}, "recovery": 0.9, "operating_cost": 0.3}
                | {"inlet_maximum": {"A": 300, "B": 300}},
            ],
            "discharge_maximum": {"A": 100, "B": 100},
            "objective": "annual-cost",
            "uncertainty": {"elements": elements},
        }
    )


def everything(seed: int) -> WaterNetworkCase:
    """A unit of fixed load, one of fixed flow with gain, a demand, a source, a fixed outlet with reject, a permit."""
    random = np.random.default_rng(seed)
    fixed_load = {"name": "L", "load": {"A": 2.0, "B": 1.0}, "inlet_maximum": {"A": 20, "B": 60}}
    fixed_load |= {"outlet_maximum": {"A": 120, "B": 150}}
    fixed_flow = {"name": "F", "flow": 30.0, "gain": 3.0, "load": {"A": 0.9}, "inlet_maximum": {"A": 60, "B": 80}}
    elements = {
        "loads": uniform(0.6, 1.1, "process_units.L.load"),
        "mill": uniform(0.8, 1.1, "process_units.F.load", "process_units.F.flow"),
        "gain": uniform(0.5, 1.0, "process_units.F.gain"),
        "demand": uniform(0.5, 1.2, "demands.tower.flow"),
        "source": uniform(0.5, 1.0, "sources.condensate.flow"),
        "market": uniform(0.7, 1.3, "fresh_water.well.price", "electricity_price"),
    }
    return WaterNetworkCase.model_validate(
        {
            "contaminants": ["A", "B"],
            "fresh_water": [
                {"name": "river", "price": 1.0, "concentration": {"B": 10}},
                {"name": "well", "price": 2.0, "maximum": 40, "power": 1.0},
            ],
            "process_units": [fixed_load, fixed_flow],
            "demands": [{"name": "tower", "flow": 12, "maximum": {"A": 50, "B": 50}}],
            "sources": [{"name": "condensate", "flow": 8, "concentration": {"A": 5, "B": 5}}],
            "treatment_units": [
                {"name": "RO", "outlet": {"A": 4}, "removal": {"B": 0.9}, "recovery": 0.8}
                | {"inlet_maximum": {"A": 200, "B": 200}, "operating_cost": float(random.uniform(0.1, 0.6))},
                {"name": "bio", "removal": {"A": 0.9}, "operating_cost": 0.2, "investment_factor": 5000},
            ],
            "discharges": [{"name": "discharge", "maximum": {"A": 80}, "permit": {"B": 2.5}, "price": 0.3}],
            "regeneration": "reuse" if seed else "recycling",
            "electricity_price": 100,
            "objective": {"annual-cost": 1.0, "fresh-water": 500.0, "treated-flow": 10.0},
            "uncertainty": {"elements": elements},
        }
    )


@pytest.mark.parametrize(("make", "seed"), [*((network, k) for k in range(4)), (everything, 0), (everything, 2)])
def test_relinearizing_never_costs_more_and_closes_every_balance(
    make: Callable[[int], WaterNetworkCase], seed: int
) -> None:
    case = make(seed)
    answer = best_networks(case.at_design_point, SearchOptions(gap=0.05, node_limit=5), QuietProgress())
    assert answer.network is not None
    point = DesignPoint.of(case.at_design_point, answer.network.flows)
    xi = case.uncertainty.source.draw(0, 60, count=60, seed=seed, sampling="monte-carlo")
    found = operated(case, point, xi)
    assert (found.status == 0).all()
    assert (found.relinearized.cost <= found.fixed.cost).all()
    assert found.margin.min() >= -1e-6  # real concentrations are nowhere above what was promised
    for operation in (found.fixed, found.relinearized):
        assert operation.simulated.excess.max() <= 0.0
        assert operation.simulated.water_residual.max() <= 1e-6  # t/h
        assert operation.simulated.mass_residual.max() <= 1e-5  # g/h of some 1e4
        _closes(case, point, xi, operation)
    design = operated(case.at_design_point, point, np.zeros((1, 0)))  # the simulation agrees with the search's model
    assert point.value == pytest.approx(answer.found.value, rel=1e-5)
    assert point.network.fixed + design.fixed.cost[0] <= point.value * (1.0 + 1e-6)


def at(case: WaterNetworkCase, point: DesignPoint, xi: Any) -> WaterNetworkCase:
    """The certain case of one scenario, with the network's pipes and units: its objective is the running cost."""
    numbers = {path: float(values[0]) for path, values in scenario_numbers(case, xi).items()}
    data = case.model_dump(by_alias=True) | {"uncertainty": {}, "annualization": 0.0}
    for group in ("fresh_water", "process_units", "treatment_units"):
        for node in data[group]:
            head = f"{group}.{node['name']}."
            node |= {field: numbers[head + field] for field in node if head + field in numbers}
            if group == "process_units":
                node["load"] = {k: numbers[f"{head}load.{k}"] for k in node["load"]}
            if group == "treatment_units":
                node["capacity"] = point.network.treatments.get(node["name"], 0.0)
    return restricted(WaterNetworkCase.model_validate(data), dict(point.network.pipes))


def test_relinearized_operations_are_near_the_proven_optimum() -> None:
    case = network(0)
    answer = best_networks(case.at_design_point, SearchOptions(gap=0.05, node_limit=5), QuietProgress())
    assert answer.network is not None
    point = DesignPoint.of(case.at_design_point, answer.network.flows)
    xi = case.uncertainty.source.draw(0, 3, count=3, seed=0, sampling="monte-carlo")
    found = operated(case, point, xi)
    for k in range(3):
        best = best_networks(at(case, point, xi[k : k + 1]), SearchOptions(gap=1e-3, node_limit=100), QuietProgress())
        assert found.relinearized.cost[k] >= best.found.bound * (1.0 - 1e-5)
        assert found.relinearized.cost[k] <= best.found.bound * 1.02


def _closes(case: WaterNetworkCase, point: DesignPoint, xi: Any, operation: Any) -> None:
    """Mass in fresh water and loads = mass discharged, taken away, taken out by hand and removed, per contaminant."""
    layout, scenarios = point.layout, water_scenarios(case, point.layout, xi)
    mass = operation.flow[:, :, None] * operation.simulated.quality
    ends = layout.arcs.ends
    fresh = mass[:, [i in ("river", "well", "condensate") for i, _ in ends]].sum(axis=1)
    out = mass[:, [j in ("discharge", "tower", "emergency disposal") for _, j in ends]].sum(axis=1)
    removed = 0.0
    for unit in case.treatment_units:
        into = mass[:, [j == unit.name for _, j in ends]].sum(axis=1)
        gone = mass[:, [i in (unit.name, f"{unit.name} reject") for i, _ in ends]].sum(axis=1)
        removed = removed + into - gone
        if unit.recovery == 1.0:
            shares = np.array([unit.removal.get(k, 0.0) for k in case.contaminants])
            assert into - gone == pytest.approx(shares * into, abs=1e-4)
        else:
            assert into - gone == pytest.approx(0.0, abs=1e-4)  # what is removed is in the reject
    load = scenarios.load.sum(axis=1)
    assert fresh + load == pytest.approx(out + removed + operation.removed.sum(axis=1), rel=1e-9, abs=1e-4)


def test_results_do_not_depend_on_how_the_sample_is_cut() -> None:
    case = mill()
    work = WaterWork(case, designed(case))
    run, sample = work.prepare(), Sample(2100, seed=3)
    whole = run(WaterArguments(sample), Chunk(0, 2100))
    parts = run(WaterArguments(sample), Chunk(1024, 2100)).merge(run(WaterArguments(sample), Chunk(0, 1024)))
    for name in ("fixed", "relinearized", "saved"):
        one, other = getattr(whole, name), getattr(parts, name)
        assert (one.mean, one.cvar(0.95), one.standard_error) == (other.mean, other.cvar(0.95), other.standard_error)


def test_a_run_and_its_design_evaluated_again(tmp_path: Path) -> None:
    options = Options(scenarios=300, gap=1e-4)
    outcome = run_optimize(mill(), options, QuietProgress())
    first = outcome.result
    assert first.evaluation is not None
    assert set(first.operations) == {"promised_concentrations", "relinearized", "saved_by_relinearizing"}
    assert first.operations["relinearized"] == first.evaluation
    means = {name: e.mean or 0.0 for name, e in first.operations.items()}
    difference = means["promised_concentrations"] - means["relinearized"]
    assert means["saved_by_relinearizing"] == pytest.approx(difference)
    assert "The network in 300 futures" in [table.title for table in outcome.report.tables]
    file = tmp_path / "result.json"
    file.write_text(first.to_json(), encoding="utf-8")
    again = run_evaluate(mill(), file, options, QuietProgress()).result
    assert (again.status.value, again.objective.lower_bound) == ("evaluated", None)
    assert again.evaluation == first.evaluation
    assert again.objective.value == pytest.approx(first.objective.value)
    sizes = {item.name: 10.0 for item in first.design if isinstance(item, DesignItem) and item.component == "pipe"}
    file.write_text(json.dumps(sizes), encoding="utf-8")  # sizes that are no flows: flows are found inside them
    inside = run_evaluate(mill(), file, options, QuietProgress()).result
    assert inside.objective.value == pytest.approx(first.objective.value, rel=1e-3)


def test_a_certain_network_is_evaluated_too(tmp_path: Path) -> None:
    certain = mill(uncertainty={}, objective="treated-flow")
    found = run_optimize(certain, Options(gap=1e-4), QuietProgress()).result
    (tmp_path / "result.json").write_text(found.to_json(), encoding="utf-8")
    again = run_evaluate(certain, tmp_path / "result.json", Options(), QuietProgress()).result
    assert again.objective.value == pytest.approx((10 - 200 / 100) / 0.9, rel=1e-4)
    assert again.evaluation is not None
    assert again.evaluation.scenarios == 1


def test_a_design_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "design.json").write_text('{"rivr -> P": 10, "P -> T": "much"}', encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        run_evaluate(mill(), tmp_path / "design.json", Options(), QuietProgress())
    assert "did you mean 'river -> P'" in str(caught.value)
    assert "expected t/h from 0" in str(caught.value)


def test_designs_of_networks_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="evaluate each"):
        run_evaluate(mill(), tmp_path / "a.json", Options(against=tmp_path / "b.json"), QuietProgress())


@pytest.mark.parametrize("changes", [{"cvar_weight": 0.5}, {"reduce": 10}])
def test_what_needs_a_sample_to_design_on_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(CaseError, match="designed for one point"):
        run_optimize(mill(), Options(**changes), QuietProgress())


def test_the_library_case_from_the_command_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ["--scenarios", "200", "--gap", "0.02", "--out", str(out)]
    done = CliRunner().invoke(app, ["optimize", "two-plants-water", *asked])
    assert done.exit_code == 0, done.output
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert result["evaluation"]["failed"] == 0
    assert result["operations"]["saved_by_relinearizing"]["mean"] > 0.0
    assert result["baseline"]["B0"] > result["evaluation"]["mean"]
    assert result["indicators"]["smallest_concentration_margin"] > -1e-6
    rows = pq.read_table(out / "scenarios.parquet")
    assert rows["objective"].to_numpy().mean() == pytest.approx(result["evaluation"]["mean"])
    assert (rows["objective"].to_numpy() <= rows["objective, promised concentrations"].to_numpy()).all()
    assert "Operating by the real concentrations saves" in (out / "report.html").read_text(encoding="utf-8")


def test_a_range_that_no_network_serves_is_named() -> None:
    outcome = run_optimize(mill(treatment_units=[], special_pipes=[]), Options(), QuietProgress())
    assert outcome.result.status.value == "infeasible"
    assert outcome.message.startswith("at the hardest values of the declared ranges, no network")
    assert "discharge takes C at 120 mg/L where 20 is the limit" in outcome.message
