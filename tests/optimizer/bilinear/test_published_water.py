"""The published single-contaminant cases and the integrated network, read as networks with free concentrations."""

import json
from typing import Any

import pytest

from loopwise.optimizer.bilinear import SearchOptions, SearchStatus, from_pyomo, minimize
from loopwise.problems.water_network import WaterNetworkCase, water_network_model

from ...shared_cases import shared_case


def fresh_and_waste(case: dict[str, Any]) -> tuple[float, float]:
    """Proven minimum of fresh water, and the waste that goes with it."""
    model = water_network_model(WaterNetworkCase.model_validate({"contaminants": ["C"], **case}))
    reformulated = from_pyomo(model)
    result = minimize(reformulated.program, SearchOptions(gap=1e-5))
    assert result.status is SearchStatus.OPTIMAL
    assert result.x is not None
    names = [v.name for v in reformulated.variables]
    waste = sum(float(x) for name, x in zip(names, result.x, strict=False) if name.endswith(",discharge]"))
    return result.value, waste


@pytest.mark.parametrize(
    ("name", "factor", "fresh", "waste"),
    [
        ("polley_polley_2000", 1.0, "min_fresh_t_h", "min_waste_t_h"),
        ("sorin_bedard_1999", 1.0, "min_fresh_t_h", "min_waste_t_h"),
        ("elhalwagi_acrylonitrile", 3.6, "min_fresh_kg_s", "min_waste_kg_s"),
    ],
)
def test_fixed_flows(name: str, factor: float, fresh: str, waste: str) -> None:
    data = json.loads(shared_case(f"water/{name}.json").read_text())

    def flow(node: dict[str, Any]) -> float:
        return factor * float(node["flow"] if "flow" in node else node["flow_t_h"])

    sinks = [{"name": f"D{i}", "flow": flow(n), "maximum": {"C": n["cmax_ppm"]}} for i, n in enumerate(data["sinks"])]
    sources = [
        {"name": f"S{i}", "flow": flow(n), "concentration": {"C": n["c_ppm"]}} for i, n in enumerate(data["sources"])
    ]
    found = fresh_and_waste({"fresh_water": [{"name": "fresh"}], "demands": sinks, "sources": sources})
    published = (factor * data["answers"][fresh], factor * data["answers"][waste])
    assert found == pytest.approx(published, rel=1e-4)


def test_fixed_loads() -> None:
    """Wang and Smith 1994, example 1: reuse 90, regeneration to 5 mg/L with reuse 46.15, with recycling 20 t/h."""
    data = json.loads(shared_case("water/wang_smith_1994_4op.json").read_text())
    units = [
        {
            "name": o["name"],
            "load": {"C": o["load_kg_h"]},
            "inlet_maximum": {"C": o["cin_max_ppm"]},
            "outlet_maximum": {"C": o["cout_max_ppm"]},
        }
        for o in data["operations"]
    ]
    plant = {"fresh_water": [{"name": "fresh"}], "process_units": units}
    treated = plant | {"treatment_units": [{"name": "regeneration", "outlet": {"C": 5}}]}
    answers = data["answers"]
    assert fresh_and_waste(plant)[0] == pytest.approx(answers["reuse_min_fresh_t_h"], rel=1e-4)
    once = fresh_and_waste(treated | {"regeneration": "reuse"})[0]
    assert once == pytest.approx(9000 / 195, rel=1e-4)
    assert once == pytest.approx(answers["regen_reuse_C0_5ppm_fresh_t_h"], abs=0.05)  # printed with one digit
    assert fresh_and_waste(treated)[0] == pytest.approx(answers["regen_recycle_C0_5ppm_fresh_t_h"], rel=1e-4)


def test_integrated_network() -> None:
    data = json.loads(shared_case("water/integrated_3_process_3_treatment.json").read_text())
    works = [
        {
            "name": t["name"],
            "removal": t["removal"],
            "investment_factor": t["IC"],
            "operating_cost": t["OC"],
            "exponent": t["alpha"],
        }
        for t in data["tu"]
    ]
    units = [{"name": p["name"], "flow": p["flow"], "load": p["load"], "inlet_maximum": p["cin"]} for p in data["pu"]]
    case = {
        "contaminants": data["contaminants"],
        "fresh_water": [{"name": s["name"], "price": s["cost"], "concentration": s["conc"]} for s in data["sources"]],
        "process_units": units,
        "treatment_units": works,
        "discharge_maximum": data["discharge"],
        "objective": "annual-cost",
        "hours_per_year": data["hours"],
        "annualization": data["AR"],
    }
    result = minimize(from_pyomo(water_network_model(WaterNetworkCase.model_validate(case))).program)
    assert result.status is SearchStatus.OPTIMAL
    assert result.value == pytest.approx(data["known"], rel=1e-4)
    assert result.bound <= data["known"]
