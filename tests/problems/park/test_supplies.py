"""Throughput, fresh water, discharges and emergency outlets: golden LPs with optima worked out by hand, balances."""

import pyomo.environ as pyo
import pytest

from loopwise.problems.park.model import build_model
from tests.golden_lp import golden_optimum
from tests.park_cases import park, solved

HOURS = 8000.0
WASHER = {
    "inlet_flow": {"fixed": 2, "rate": 8},
    "loss": {"fixed": 1},
    "contaminants": {"COD": {"load": {"rate": 3}, "maximum_outlet": 500}},
}


def annual(model, name: str) -> float:
    return float(pyo.value(model.assembly.annual(name)))


def washing(**parts):
    """A washer that takes 2 + 8 t t/h at throughput t and loses 1 t/h."""
    return {"plant": {"throughput": {"lost_margin": 1000}, "water_uses": {"washer": WASHER}}} | parts


def test_golden_throughput() -> None:
    """Supply for a throughput of 0.75 only: a quarter is curtailed at the lost margin, for tankers cost more.

    Two periods, the second at throughput 0.5, whose 6 t/h are below the 8 t/h of supply.
    """
    case = park(
        washing(plant={"throughput": {"lost_margin": 100, "profile": {"every": 1, "profile": {"low": 0.5}}}}
                | {"water_uses": {"washer": WASHER}}),
        periods={"full": {"share": 0.75}, "low": {"share": 0.25}},
        fresh_water={"municipal": {"price": 0.5, "available": 8}},
    )  # fmt: skip
    model = build_model(case)
    # 8 = 2 + 8 t gives t = 0.75: margin lost 25/h beats 2 t/h of tankers at 20 and saves 2 t/h of water and effluent
    full, low = 25 + 0.5 * 8 + 0.6 * 7, 0.5 * 6 + 0.6 * 5
    assert golden_optimum("throughput", model.pyomo) == pytest.approx(HOURS * (0.75 * full + 0.25 * low), rel=1e-9)
    assert annual(model, "curtailed hours plant") == pytest.approx(0.25 * 0.75 * HOURS, rel=1e-6)
    assert annual(model, "fresh water") == pytest.approx(HOURS * (0.75 * 8 + 0.25 * 6), rel=1e-6)
    assert annual(model, "fresh water") - annual(model, "wastewater") == pytest.approx(HOURS * 1, rel=1e-6)


def test_every_flow_follows_the_curtailed_throughput() -> None:
    """A stopped plant draws its fixed parts and nothing else: water, effluent, steam, power and loads."""
    plant = {
        "throughput": {"lost_margin": 10, "availability": 1.0},
        "water_uses": {"washer": WASHER},
        "power_demand": {"fixed": 0.5, "rate": 2},
        "grid": {"connection": 5, "import_price": 90},
        "steam": {
            "headers": {"LP": {"pressure": 4}},
            "feedwater": {"header": "LP", "maximum": {"COD": 5}},
            "electric_boilers": {"E": {"header": "LP", "existing": 20}},
            "steam_uses": {"vats": {"header": "LP", "flow": {"fixed": 1, "rate": 5}}},
        },
    }
    model = solved(park({"plant": plant}))
    assert annual(model, "curtailed hours plant") == pytest.approx(HOURS, rel=1e-6)
    assert annual(model, "steam used") == pytest.approx(HOURS * 1, rel=1e-6)
    assert annual(model, "water used") == pytest.approx(HOURS * 2, rel=1e-6)
    processes = model.assembly.reports["flow.power.plant>plant processes"][1]
    assert pyo.value(processes) == pytest.approx(0.5, abs=1e-6)


def test_golden_fresh_water() -> None:
    """The cheap river serves 3 t/h half of the year and 6 t/h the other half; the rest is municipal."""
    river = {
        "price": 0.2,
        "available": 6,
        "profile": {"every": 1, "profile": {"dry": 0.5}},
        "concentration": {"COD": 5},
    }
    case = park(
        {"plant": {"water_sinks": {"boiler": {"flow": {"fixed": 10}, "maximum": {"COD": 4}}}}},
        periods={"wet": {"share": 0.5}, "dry": {"share": 0.5}},
        fresh_water={"river": river, "municipal": {"price": 0.5, "concentration": {"COD": 2}}},
    )
    model = build_model(case)
    wet, dry = 6 * 0.2 + 4 * 0.5, 3 * 0.2 + 7 * 0.5
    assert golden_optimum("fresh_water", model.pyomo) == pytest.approx(HOURS * 0.5 * (wet + dry), rel=1e-9)
    assert annual(model, "fresh water river") == pytest.approx(HOURS * 4.5, rel=1e-6)
    assert annual(model, "fresh water") == pytest.approx(HOURS * 10, rel=1e-6)


def test_fresh_water_permit_holds_over_the_year() -> None:
    case = park(
        {"plant": {"water_sinks": {"boiler": {"flow": {"fixed": 10}}}}},
        fresh_water={
            "river": {"price": 0.2, "permit": 20_000, "permit_excess_price": 5},
            "municipal": {"price": 0.5, "available": 6},
        },
    )
    model = solved(case)
    # the municipal connection is cheaper than the permit's excess: 8,000 x 4 t from the river, 12,000 t too many
    assert annual(model, "fresh water river") == pytest.approx(32_000, rel=1e-6)
    assert pyo.value(model.assembly.reports["excess permit river"][1]) == pytest.approx(12_000, rel=1e-6)


def test_golden_discharge() -> None:
    """Spent water of 400 and 100 mg/L: the sewer takes a blend of 250 mg/L and at most 12 t/h, a tanker the rest.

    COD beyond the permit of 20 t a year is paid, and so is every kilogram.
    """
    sources = {"strong": {"flow": {"fixed": 8}, "concentration": {"COD": 400}},
               "weak": {"flow": {"fixed": 6}, "concentration": {"COD": 100}}}  # fmt: skip
    sewer = {"price": 0.6, "load_price": {"COD": 0.4}, "limit": {"COD": 250}, "permit": {"COD": 20}, "capacity": 12}
    case = park(
        {"plant": {"water_sources": sources}},
        discharges={"sewer": sewer},
        environment={"permit_excess_price": 1000},
        fresh_water={},
    )
    model = build_model(case)
    # 12 t/h at no more than 250 mg/L: 6 t/h of each is exactly 250; less strong water would send more tankers
    mass = 6 * 0.4 + 6 * 0.1
    cost = 12 * 0.6 + mass * 0.4 + 2 * 60
    excess = mass * HOURS / 1000 - 20
    assert golden_optimum("discharge", model.pyomo) == pytest.approx(HOURS * cost + 1000 * excess, rel=1e-9)
    assert annual(model, "discharged COD sewer") == pytest.approx(HOURS * mass, rel=1e-6)
    assert pyo.value(model.assembly.reports["excess COD sewer"][1]) == pytest.approx(excess, rel=1e-6)
    assert annual(model, "emergency disposal") + annual(model, "wastewater") == pytest.approx(HOURS * 14, rel=1e-6)


def test_golden_emergency() -> None:
    """Nothing suffices: tankers bring water and take effluent away, contaminant is hauled, fixed loads go short.

    The optimum is the sum of every outlet's price times what is missing.
    """
    load = {"load": {"fixed": 8}, "maximum_outlet": 500}
    plant = {
        "water_uses": {"washer": {"inlet_flow": {"fixed": 10}, "contaminants": {"COD": load}}},
        "power_demand": {"fixed": 3},
        "grid": {"connection": 2, "import_price": 90},
        "steam": {"headers": {"LP": {"pressure": 4}}, "steam_uses": {"vats": {"header": "LP", "flow": {"fixed": 2}}}},
    }
    case = park(
        {"plant": plant},
        fresh_water={"municipal": {"price": 0.5, "available": 6}},
        discharges={"drain": {"price": 0.6, "capacity": 7}},
    )
    model = build_model(case)
    water = 6 * 0.5 + 4 * 20 + 7 * 0.6 + 3 * 60 + (8 - 10 * 0.5) * 50
    utilities = 2 * 90 + 1 * 3000 + 2 * 300
    assert golden_optimum("emergency", model.pyomo) == pytest.approx(HOURS * (water + utilities), rel=1e-9)
    missing = {
        "tankered water": 4,
        "emergency disposal": 3,
        "hauled COD": 3,
        "power deficit plant": 1,
        "steam deficit plant": 2,
    }
    for name, hourly in missing.items():
        assert annual(model, name) == pytest.approx(HOURS * hourly, rel=1e-6), name
