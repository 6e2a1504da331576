"""Parks of one or two plants with heat, as an engineer would type them, made from the literature's stream data."""

from typing import Any

from loopwise.problems.heat import HeatRecoveryProblem
from loopwise.problems.park.case import ParkCase

HOT_PRICE = 10.0
"""Price of a MWh of bought heat where only its amount is looked for."""


def heat_park(plants: dict[str, dict[str, Any]], **parts: Any) -> ParkCase:
    """A park whose plants have heat; `plants[name]` are the keys of `heat:`, or of the plant where it has `heat`."""
    typed = {name: data if "heat" in data else {"heat": data} for name, data in plants.items()}
    base = {"kind": "park", "name": "test", "operating_hours": 8000, "plants": typed}
    return ParkCase.model_validate(base | parts)


def as_park(problem: HeatRecoveryProblem) -> ParkCase:
    """The streams of a pinch problem in one plant that may exchange freely, between utilities beyond all of them."""
    streams = {}
    for stream in problem.streams:
        segments = [{"target": s.target, "duty": s.duty} for s in stream.segments]
        streams[f"S{stream.name}"] = {
            "side": stream.side.value,
            "supply": stream.supply,
            "segments": segments,
            "approach_contribution": problem.contribution(stream),
        }
    hottest = max(max(s.supply, s.target) for s in problem.streams) + 200.0
    coldest = min(min(s.supply, s.target) for s in problem.streams) - 200.0
    return heat_park(
        {
            "plant": {
                "free_recovery": True,
                "streams": streams,
                "heating": {"hot": {"supply": hottest, "price": HOT_PRICE}},
                "cooling": {"cold": {"supply": max(coldest, -273.0)}},
            }
        }
    )


def weather(mean: float, lowest: float, highest: float) -> dict[str, Any]:
    """Parts of a park in which a year is up to so many kelvin colder and warmer than its mean [degC]."""
    anomaly = {
        "on": ["weather.anomaly"],
        "relative": False,
        "distribution": {"distribution": "uniform", "lower": lowest, "upper": highest},
    }
    return {"weather": {"temperature": mean}, "uncertainty": {"elements": {"year": anomaly}}}
