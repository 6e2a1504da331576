"""A park with a unit of every kind that turns fuel, power, steam and heat into each other."""

from typing import Any

from loopwise.problems.park.case import ParkCase

STEAM: dict[str, Any] = {
    "headers": {"HP": {"pressure": 40, "temperature": 400}, "LP": {"pressure": 4}},
    "feedwater": {
        "header": "LP",
        "recovery": 0.8,
        "maximum": {"TDS": 500},
        "power": 1.0,
        "flash": {"header": "LP", "existing": 5, "cooled_to": 60},
    },
    "boilers": {
        "old": {
            "header": "HP",
            "fuels": {"gas": {}, "wood": {"maximum": 0.6, "efficiency": 0.8}},
            "existing": 60,
            "minimum_load": 0.1,
        }
    },
    "electric_boilers": {"electrode": {"header": "HP", "existing": 20}},
    "letdowns": {"valve": {"from": "HP", "to": "LP"}},
    "turbines": {"back-pressure": {"from": "HP", "to": "LP", "existing": 4}},
    "steam_uses": {"dryer": {"header": "LP", "flow": {"fixed": 15}, "condensate_return": 0.5}},
}
HEAT: dict[str, Any] = {
    "streams": {
        "vapour": {"side": "hot", "supply": 180, "target": 180, "duty": 2},
        "oven": {"supply": 240, "target": 120, "duty": 4},
        "waste": {"supply": 95, "target": 40, "duty": 5, "flow": {"rate": 1, "profile": {"night": 0.2}}},
        "wash": {"supply": 20, "target": 60, "duty": 3, "flow": {"rate": 1, "profile": {"day": 0.2}}},
        "reactor": {"supply": 60, "target": 130, "duty": 3},
        "hall": {"supply": 17, "target": 12, "duty": 1},
    },
    "exchangers": {"waste to wash": {"hot": "waste", "cold": "wash", "existing": 1}},
    "heating": {"steam": {"header": "LP", "condensate_return": 0.7}, "kettle": {"fuel": "gas", "supply": 200}},
    "cooling": {
        "river": {"supply": 22, "target": 30, "power": 0.01, "price": 9},
        "chilled": {"supply": 5, "price": 60},
    },
    "dry_coolers": {"fans": {"supply": 36, "target": 45, "design_air": 25, "existing": 5}},
    "economizers": {"flue gas": {"boiler": "old", "supply": 140, "target": 60, "share": 0.06, "existing": 2}},
    "steam_recovery": {"waste-heat boiler": {"header": "LP", "existing": 3}},
    "heat_pumps": {
        "pump": {"cools": {"from": 60, "to": 45}, "heats": {"from": 60, "to": 85}, "existing": 2},
        "air pump": {"heats": {"from": 40, "to": 65}, "existing": 2},
        "recompression": {
            "cools": {"from": 90, "to": 88},
            "heats": {"from": 140, "to": 140},
            "recompresses": True,
            "existing": 1,
        },
    },
    "condensing_turbines": {"condensing": {"from": "HP", "existing": 3}},
    "rankine_cycles": {
        "cycle": {"driven_by": {"from": 200, "to": 130}, "rejects": {"from": 25, "to": 32}, "existing": 1}
    },
    "absorption_chillers": {
        "chiller": {
            "driven_by": {"from": 110, "to": 95},
            "chills": {"from": 12, "to": 7},
            "rejects": {"from": 25, "to": 32},
            "existing": 2,
        }
    },
    "stores": {"tank": {"hot": 90, "cold": 45, "cycles": 300, "existing": 20}},
    "exports": {"town": {"supply": 40, "target": 70, "demand": 2, "price": 20, "existing": 2}},
}
PRICES = {
    "gas": "fuels.gas.price",
    "wood": "fuels.wood.price",
    "power": "plants.works.grid.import_price",
    "sold": "plants.works.grid.export_price",
    "cold": "plants.works.heat.cooling.chilled.price",
    "heat": "plants.works.heat.exports.town.price",
}
PRICE = {"distribution": "uniform", "lower": 0.05, "upper": 4.0}


def everything(more: dict[str, str] | None = None) -> ParkCase:
    """One plant with a unit of every kind, a second behind a main, a loop, a condensate line and a power line.

    Its prices and its weather are uncertain, and `more` by name and path.
    """
    taker = {
        "headers": {"LP": {"pressure": 2}},
        "steam_uses": {"vats": {"header": "LP", "flow": {"fixed": 3}, "condensate_return": 0.6}},
    }
    needs = {
        "streams": {"bath": {"supply": 30, "target": 55, "duty": 1}},
        "heating": {"boiler": {"power": True, "supply": 90}},
    }
    between = {"from": "works", "to": "hall", "length": 1}
    anomaly = {"distribution": "uniform", "lower": -8, "upper": 8}
    elements = {name: {"on": [path], "distribution": PRICE} for name, path in (PRICES | (more or {})).items()}
    elements["year"] = {"on": ["weather.anomaly"], "relative": False, "distribution": anomaly}
    data = {
        "kind": "park",
        "name": "everything",
        "periods": {"day": {"share": 0.5}, "night": {"share": 0.5}},
        "weather": {"temperature": {"every": 22, "profile": {"night": 12}}},
        "contaminants": {"TDS": {}},
        "fresh_water": {"river": {"price": 0.5, "concentration": {"TDS": 200}}},
        "discharges": {"drain": {"limit": {"TDS": 40000}}},
        "fuels": {"gas": {"price": 40, "emission_factor": 0.2}, "wood": {"price": 25, "emission_factor": 0.36}},
        "plants": {
            "works": {
                "steam": STEAM,
                "heat": HEAT,
                "grid": {"connection": 30, "import_price": 90, "export_price": 50},
            },
            "hall": {"steam": taker, "heat": needs, "power_demand": 1},
        },
        "steam_mains": {"main": between | {"from_header": "LP", "to_header": "LP", "existing": 10}},
        "condensate_lines": {
            "return": {"from": "hall", "to": "works", "length": 1, "existing": 5, "pumping": 0.2, "temperature_drop": 5}
        },
        "power_lines": {"line": between | {"existing": 5, "loss_per_km": 0.01}},
        "hot_water_loops": {"loop": between | {"levels": [[80, 50]], "existing": 20}},
        "uncertainty": {"elements": elements},
    }
    return ParkCase.model_validate(data)
