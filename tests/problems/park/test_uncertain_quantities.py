"""What may be uncertain in a park acts where and as the case says; what may not is refused by name."""

from typing import Any

import numpy as np
import pytest

from loopwise.optimizer.evaluation import BlockResult, Evaluator
from loopwise.problems.errors import CaseError
from loopwise.problems.park.case import ParkCase
from loopwise.problems.park.checks import problems
from loopwise.problems.park.problem import ParkProblem, park_problem
from loopwise.problems.two_stage import row_violation
from tests.park_cases import park

HOURS = 8000.0
WASHER = {"inlet_flow": {"fixed": 2, "rate": 8}, "loss": {"rate": 3}, "gain": {"fixed": 1},
          "contaminants": {"COD": {"maximum_outlet": 900}}}  # fmt: skip
PLANT: dict[str, Any] = {
    "throughput": {"lost_margin": 1000},
    "water_uses": {"washer": WASHER},
    "water_sources": {"spent": {"flow": {"rate": 4}}},
    "water_sinks": {"tower": {"flow": {"rate": 6}}},
    "power_demand": {"fixed": 1, "rate": 3},
    "grid": {"connection": 20, "import_price": 100},
}
DIRTY = {
    "water_uses": {},
    "water_sources": {"spent": {"flow": {"fixed": 4}, "concentration": {"COD": 100}}},
    "treatments": {"filter": {"existing": 9, "operating_cost": 0.5, "contaminants": {"COD": {"outlet": 10}}}},
}


def uncertain(path: str, plant: dict[str, Any] | None = None, **element: Any) -> ParkCase:
    distribution = {"distribution": "uniform", "lower": 0.5, "upper": 1.5}
    elements = {"factor": {"on": [path], "distribution": distribution} | element}
    return park({"plant": PLANT | (plant or {})}, uncertainty={"elements": elements})


def operated(case: ParkCase, count: int = 64) -> tuple[ParkProblem, BlockResult, np.ndarray]:
    """Reports in every scenario and the element's values, all rows looked at."""
    built = park_problem(case)
    x = np.zeros(len(built.problem.first_stage.names))
    block = Evaluator(built.problem).evaluate(x, built.problem.scenarios(0, count, seed=3))
    assert (block.status == 0).all()
    assert row_violation(built.problem, x, block.scenarios, block.primal).max() < 1e-6
    return built, block, block.scenarios.xi[:, 0]


def report(built: ParkProblem, block: BlockResult, name: str) -> np.ndarray:
    return block.reports[:, built.problem.reports.column(name)]


@pytest.mark.parametrize(
    ("path", "fresh", "waste"),
    [
        ("plants.plant.water_uses.washer.inlet_flow", 10, 10),
        ("plants.plant.water_uses.washer.loss", 0, -3),
        ("plants.plant.water_uses.washer.gain", 0, 1),
        ("plants.plant.water_sinks.tower.flow", 6, 0),
        ("plants.plant.water_sources.spent.flow", 0, 4),
    ],
)
def test_flows_may_be_uncertain(path: str, fresh: float, waste: float) -> None:
    """Per unit of the factor: fresh water and waste water change by the flow that the factor acts on."""
    plant = {"free_reuse": False}
    built, block, factor = operated(uncertain(path, plant))
    taken, given = (report(built, block, name) / HOURS for name in ("fresh water", "wastewater"))
    assert taken == pytest.approx(16 + fresh * (factor - 1), abs=1e-5)
    assert given == pytest.approx(8 + 4 + waste * (factor - 1), abs=1e-5)


def test_a_low_demand_makes_no_supply_of_what_is_curtailed() -> None:
    """At a low factor the whole rate cannot be saved by stopping: the plant never gives power to the grid."""
    plant = {"throughput": {"lost_margin": 1}, "power_demand": {"rate": 4}}
    plant["grid"] = {"connection": 20, "import_price": 100, "export_price": 90}
    built, block, _ = operated(uncertain("plants.plant.power_demand", plant))
    assert report(built, block, "power export").max() < 1e-5
    assert report(built, block, "curtailed hours plant").min() > 100.0


@pytest.mark.parametrize(
    ("path", "label", "hourly"),
    [
        ("plants.plant.throughput.lost_margin", "lost margin", 0.0),
        ("plants.plant.grid.import_price", "power import", 400),
        ("fresh_water.municipal.price", "fresh water", 8.0),
        ("discharges.drain.price", "discharge", 7.2),
        ("plants.plant.treatments.filter.operating_cost", "treatment", 2.0),
    ],
)
def test_prices_may_be_uncertain(path: str, label: str, hourly: float) -> None:
    dirty = DIRTY if label == "treatment" else {}
    case = uncertain(path, dirty | {"free_reuse": False})
    if dirty:  # the sewer takes the treated water only
        case = ParkCase.model_validate(
            case.model_dump(by_alias=True) | {"discharges": {"drain": {"limit": {"COD": 10}}}}
        )
    built, block, factor = operated(case)
    assert report(built, block, f"cost.{label}") == pytest.approx(HOURS * hourly * factor, rel=1e-5, abs=1e-2)


def test_availability_of_a_treatment() -> None:
    path = "plants.plant.treatments.filter.availability"
    case = uncertain(
        path,
        DIRTY | {"free_reuse": False},
        distribution={"distribution": "discrete", "values": [0, 1], "probabilities": [0.5, 0.5]},
    )
    case = ParkCase.model_validate(case.model_dump(by_alias=True) | {"discharges": {"drain": {"limit": {"COD": 40}}}})
    built, block, available = operated(case)
    assert report(built, block, "treated water")[available == 0.0].max() < 1e-4
    assert report(built, block, "treated water")[available == 1.0].min() > HOURS


def test_holidays_of_two_plants_fall_together() -> None:
    """Bernoulli shut-downs with a Gaussian copula: both stop together far more often than independent ones would."""
    plants = {name: {"throughput": {"lost_margin": 1000}, "power_demand": {"rate": 2}, "grid": PLANT["grid"]}
              for name in ("giver", "taker")}  # fmt: skip
    shut = {"distribution": "bernoulli", "probability": 0.3, "yes": 0, "no": 1}
    case = park(
        plants,
        periods={"work": {"share": 0.9}, "holiday": {"share": 0.1}},
        uncertainty={
            "elements": {name: {"on": [f"plants.{name}.throughput.profile.holiday"], "distribution": shut}
                         for name in plants},
            "correlations": [{"between": list(plants), "correlation": 0.9}],
        },
    )  # fmt: skip
    built, block, _ = operated(case, 2000)
    stopped = block.scenarios.xi == 0.0
    assert stopped.mean(axis=0) == pytest.approx([0.3, 0.3], abs=0.03)
    assert stopped.all(axis=1).mean() > 0.2  # 0.09 if they were independent
    imported = report(built, block, "power import") / HOURS
    assert imported == pytest.approx(4 - 0.1 * 2 * stopped.sum(axis=1), abs=1e-5)


WEATHER = {"temperature": {"every": 20, "profile": {"summer": 30}}}
SEASONS = {"periods": {"summer": {"share": 0.5}, "winter": {"share": 0.5}}}


def warm(per_degree: float, fixed: float = 2.0, weather: Any = WEATHER, **element: Any) -> ParkCase:
    """A plant that cools (or heats) in a year that is up to 5 K warmer or colder than the mean."""
    plant = {"power_demand": {"fixed": fixed, "rate": 1, "per_degree": per_degree, "reference": 25}}
    case = uncertain(
        "weather.anomaly",
        plant,
        **({"relative": False, "distribution": {"distribution": "uniform", "lower": -5, "upper": 5}} | element),
    )
    return ParkCase.model_validate(case.model_dump(by_alias=True) | SEASONS | {"weather": weather})


@pytest.mark.parametrize("per_degree", [0.1, -0.1])
def test_temperature_may_be_uncertain(per_degree: float) -> None:
    """Half of the year at 30, half at 20 degC, both warmer by the year's anomaly; 3 MW hold at 25 degC."""
    built, block, anomaly = operated(warm(per_degree))
    assert "recourse" not in built.problem.random
    drawn = report(built, block, "power import") / HOURS
    assert drawn == pytest.approx(3 + per_degree * anomaly, abs=1e-6)
    assert np.ptp(drawn) > 0.5


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (warm(0.3), "falls to -1 MW in period 'winter' at 15 degC"),
        (warm(0.1, weather=None), "give the case's 'weather'"),
    ],
)
def test_temperatures_that_make_no_sense_are_refused(case: ParkCase, message: str) -> None:
    assert any(message in problem.message for problem in problems(case))


def test_an_anomaly_is_a_value_in_kelvin() -> None:
    factor = {"relative": True, "distribution": {"distribution": "uniform", "lower": 0.5, "upper": 1}}
    with pytest.raises(CaseError, match="relative: false"):
        park_problem(warm(0.1, **factor))


def test_a_value_cannot_replace_what_is_more_than_one_number() -> None:
    with pytest.raises(CaseError, match=r"grid\.import_price' is more than one number"):
        park_problem(uncertain("plants.plant.grid.import_price", relative=False))


def test_a_value_replaces_one_number() -> None:
    case = uncertain("fresh_water.municipal.price", {"free_reuse": False}, relative=False)
    built, block, price = operated(case)
    assert report(built, block, "cost.fresh water") == pytest.approx(HOURS * 16 * price, rel=1e-6)


@pytest.mark.parametrize(
    ("washer", "element", "refused"),
    [
        ({"loss": {"fixed": 12}}, None, True),
        ({"loss": {"rate": 7}}, None, False),
        ({"loss": {"rate": 7}}, "inlet_flow", True),  # 5 t/h + 1 t/h in, 7 t/h lost
        ({"loss": {"rate": 9}}, "loss", True),
        ({"loss": {"rate": 7}}, "both", False),
        ({"inlet_flow": None, "loss": {"fixed": 12}}, None, False),  # takes what it needs
    ],
)
def test_a_use_cannot_lose_more_than_it_takes(washer: dict[str, Any], element: str | None, refused: bool) -> None:
    place = "plants.plant.water_uses.washer"
    on = [f"{place}.inlet_flow", f"{place}.loss"] if element == "both" else [f"{place}.{element or 'gain'}"]
    case = uncertain(on[0], {"water_uses": {"washer": WASHER | washer}}, on=on)
    told = [p.message for p in problems(case)]
    assert any("more water than it takes" in message for message in told) == refused
