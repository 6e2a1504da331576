"""Water uses, treatment, supplies and discharges: golden LPs, balances, what the rules forbid."""

import pyomo.environ as pyo
import pytest
from pydantic import ValidationError

from loopwise.problems.park.asset import capital_recovery_factor
from loopwise.problems.park.checks import problems
from loopwise.problems.park.feedwater import Feedwater
from loopwise.problems.park.model import build_model, build_network
from loopwise.problems.park.treatment import ContaminantTreatment, Treatment
from tests.golden_lp import golden_optimum
from tests.park_cases import park, solved

WASHER = {
    "inlet_flow": {"fixed": "2 t/h", "rate": "8 t/h"},
    "loss": "1 t/h",
    "contaminants": {"COD": {"load": "3 kg/h", "maximum_inlet": 50, "maximum_outlet": 500}},
}
TREATMENT = {
    "recovery": 0.8,
    "contaminants": {"COD": {"removal": 0.9, "maximum_inlet": 500, "removed_to": "reject"}},
    "power": "1 kWh/m3",
    "operating_cost": 0.2,
    "investment": {"fixed": 1000, "proportional": 100, "minimum": 1, "maximum": 20, "life": 10},
}
THROUGHPUT = {"lost_margin": 1000}


def one_plant(**parts):
    return {"plant": {"throughput": THROUGHPUT, "water_uses": {"washer": WASHER}} | parts}


def test_golden_water_use() -> None:
    """10 t/h at 0.5 and 9 t/h of effluent at 0.6 in 8,000 hours; the load stays below 500 mg/L."""
    assert golden_optimum("water_use", build_model(park(one_plant())).pyomo) == pytest.approx(
        8000 * (5 + 5.4), rel=1e-9
    )


def test_golden_treatment() -> None:
    """All 9 t/h of effluent are filtered: 7.2 t/h come back at 62.5 mg/L, 45 at the inlet, which may have 50.

    That leaves room for 0.05 kg/h in the reject of 1.8 t/h at 2,250 mg/L, which is used again too.
    """
    plants = one_plant(treatments={"filter": TREATMENT}, grid={"connection": 5, "import_price": 90})
    built = capital_recovery_factor(0.08, 10) * (1000 + 100 * 9)
    reject = 0.05 / 2.25
    hourly = (2.8 - reject) * 0.5 + (1.8 - reject) * 0.6 + 9 * 0.2 + 0.009 * 90
    optimum = golden_optimum("treatment", build_model(park(plants)).pyomo)
    assert optimum == pytest.approx(built + 8000 * hourly, rel=1e-9)


def test_balances_close() -> None:
    model = solved(park(one_plant(treatments={"filter": TREATMENT}, grid={"connection": 5, "import_price": 90})))
    network, (period,) = model.network, model.assembly.periods
    value = lambda expression: pyo.value(expression)  # noqa: E731
    water_in = value(sum(network.sources["municipal"].taken[period]))
    water_out = value(network.sinks["drain"].total(period))
    assert water_in - water_out == pytest.approx(1.0, abs=1e-6)  # the washer's loss
    filtered = value(network.sinks["plant.filter"].total(period))
    product = value(sum(network.sources["plant.filter"].taken[period]))
    reject = value(sum(network.sources["plant.filter.reject"].taken[period]))
    assert (product, reject) == (pytest.approx(0.8 * filtered, abs=1e-6), pytest.approx(0.2 * filtered, abs=1e-6))


def test_reuse_through_treatment_is_chosen_where_water_is_dear() -> None:
    cheap, dear = (
        solved(
            park(
                one_plant(treatments={"filter": TREATMENT}, grid={"connection": 5, "import_price": 90}),
                fresh_water={"municipal": {"price": price}},
                discharges={"drain": {}},
            )
        )
        for price in (0.01, 5.0)
    )
    built = [pyo.value(model.pyomo.design.plant.filter.built) for model in (cheap, dear)]
    assert built == [pytest.approx(0.0, abs=1e-6), pytest.approx(1.0, abs=1e-6)]


def test_fresh_water_never_dilutes_a_discharge() -> None:
    network = build_network(park(one_plant()))
    assert not [arc for arc in network.arcs if arc.source.key == "municipal" and arc.sink.key == "drain"]


def test_priority_pollutant_complies_before_mixing() -> None:
    plants = {
        "plant": {
            "water_sources": {"rinse": {"flow": 10, "concentration": {"Pb": 2.0}}, "clean": {"flow": 90}},
            "treatments": {
                "precipitation": {"existing": 20, "contaminants": {"Pb": {"outlet": 0.1}}},
                "filter": {"existing": 20, "contaminants": {"Pb": {"maximum_inlet": 5}}},
            },
        },
        "other": {"treatments": {"precipitation": {"existing": 20, "contaminants": {"Pb": {"outlet": 0.1}}}}},
    }
    pipe = {"from": "plant", "to": "other", "of": "rinse", "length": 1, "existing": 20}
    case = park(plants, contaminants={"Pb": {"workshop_limit": 0.2}}, water_pipes={"pipe": pipe})
    targets = {arc.sink.key for arc in build_network(case).arcs if arc.source.key == "plant.rinse"}
    assert targets == {"plant.precipitation"}


def test_municipal_water_only() -> None:
    plants = one_plant(water_uses={"washer": WASHER | {"only": ["municipal"]}})
    sources = {arc.source.key for arc in build_network(park(plants)).arcs if arc.sink.key == "plant.washer"}
    assert sources == {"municipal"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"outlet": 10, "removal": 0.5}, "not both"),
        ({"removal": 0.5}, "maximum_inlet"),
        ({}, "maximum_inlet"),
        ({"outlet": 10, "removed_to": "reject"}, "maximum_inlet"),
    ],
)
def test_treatment_says_exactly_one_thing(given, message) -> None:
    with pytest.raises(ValidationError, match=message):
        ContaminantTreatment.model_validate(given)


def test_references_tell_every_problem_at_once() -> None:
    case = park(
        one_plant(treatments={"filter": TREATMENT | {"only": ["plant.wahser"]}}),
        discharges={"drain": {"plants": ["plnat"]}},
        water_pipes={"pipe": {"from": "plant", "to": "nowhere", "of": "washer"}},
    )
    told = {(p.place, p.suggestion) for p in problems(case)}
    assert ("plants.plant.treatments.filter.only", "plant.washer") in told
    assert ("discharges.drain.plants", "plant") in told
    assert any(place == "water_pipes.pipe.to" for place, _ in told)
    assert any("existing" in p.message for p in problems(case))


def test_source_nobody_can_take() -> None:
    case = park({"plant": {"water_sources": {"spent": {"flow": 5, "concentration": {"COD": 9}}}}}, discharges={})
    assert any("nobody can take" in p.message and "plant.spent" in p.message for p in problems(case))


def test_recycle_without_bleed_is_refused_by_name() -> None:
    plants = one_plant(
        treatments={"filter": {"existing": 50, "contaminants": {"COD": {"maximum_inlet": 500}}}},
        water_uses={"washer": WASHER | {"contaminants": {"COD": {"load": 1, "maximum_outlet": 500}}}},
    )
    told = [p.message for p in problems(park(plants, discharges={}))]
    assert any("COD builds up" in message and "plant.washer" in message for message in told)


@pytest.mark.parametrize(
    ("contaminant", "discharges", "refused"),
    [
        ({"maximum_inlet": 3000}, {}, True),  # the tower evaporates, what the fresh water brings stays for ever
        ({"maximum_inlet": 3000}, {"drain": {}}, False),  # bled
        ({"outlet": 100}, {}, False),  # removed
    ],
)
def test_recycle_of_what_the_make_up_brings(contaminant, discharges, refused: bool) -> None:
    tower = {"inlet_flow": 10, "loss": 2, "contaminants": {"TDS": {"maximum_outlet": 3000}}}
    case = park(
        {"plant": {"water_uses": {"tower": tower},
                   "treatments": {"filter": {"existing": 20, "contaminants": {"TDS": contaminant}}}}},
        contaminants={"TDS": {}},
        fresh_water={"municipal": {"price": 1, "concentration": {"TDS": 300}}},
        discharges=discharges,
    )  # fmt: skip
    told = [p.message for p in problems(case)]
    assert any("TDS builds up" in message and "plant.tower" in message for message in told) == refused


def test_names_of_the_feed_water_are_checked() -> None:
    steam = {
        "headers": {"LP": {"pressure": 4}},
        "feedwater": {"header": "LP", "maximum": {"COD": 5, "CDO": 5}, "only": ["munipical"]},
    }
    told = {(p.place, p.suggestion) for p in problems(park({"plant": {"steam": steam}}))}
    assert ("plants.plant.steam.feedwater.maximum", "COD") in told
    assert ("plants.plant.steam.feedwater.only", "municipal") in told


def test_recovery_may_be_typed_in_percent() -> None:
    assert Treatment.model_validate({"recovery": "70 %", "contaminants": {}}).recovery == pytest.approx(0.7)
    assert Feedwater.model_validate({"header": "LP", "recovery": "75 %"}).recovery == pytest.approx(0.75)
    with pytest.raises(ValueError, match="greater than 0"):
        Treatment.model_validate({"recovery": "0 %", "contaminants": {}})
