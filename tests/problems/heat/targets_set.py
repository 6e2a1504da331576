"""The published targets set (MIT licence, see beside the files): plants, utilities and expected targets."""

import csv
import json
from dataclasses import dataclass
from functools import cache

from loopwise.problems.heat import HeatRecoveryProblem, HeatStream, Side, Utility
from loopwise.problems.heat.total_site import Main
from tests.shared_cases import shared_case


@dataclass(frozen=True)
class Row:
    """One expected result; heat in kW, temperatures in degC."""

    file: str
    target: str
    hot: float
    cold: float
    recovery: float
    hot_pinch: float | None


@cache
def _read(name: str) -> dict:
    return json.loads((shared_case("heat/targets") / name).read_text(encoding="utf-8"))


def _value(entry):
    return entry["value"] if isinstance(entry, dict) else entry


def expected_targets(kind: str) -> list[Row]:
    """Rows of one kind of target ("Direct Integration", "Total Site Target")."""
    rows = []
    with (shared_case("heat/targets") / "EXPECTED_TARGETS.csv").open(encoding="utf-8") as file:
        for entry in csv.DictReader(file):
            zone = entry["target"].split("/")[0]
            # Some plants file their totals as "Total ... Target/Direct Integration".
            is_total = zone if zone.startswith(("Total Process", "Total Site")) else None
            if kind not in (is_total or entry["target"]):
                continue
            pinch = entry["hot_pinch_degC"]
            rows.append(
                Row(
                    entry["result_file"].replace("r_", "p_", 1),
                    entry["target"],
                    float(entry["Qh_kW"]),
                    float(entry["Qc_kW"]),
                    float(entry["Qr_kW"]),
                    float(pinch) if pinch else None,
                )
            )
    return rows


def site_of(row: Row) -> HeatRecoveryProblem:
    """All streams of the file."""
    return HeatRecoveryProblem(
        tuple(
            HeatStream.simple(
                str(number),
                _value(s["t_supply"]),
                _value(s["t_target"]),
                duty=_value(s["heat_flow"]),
                approach_contribution=_value(s["dt_cont"]),
                plant=s["zone"],
            )
            for number, s in enumerate(_read(row.file)["streams"])
        )
    )


def plant_of(row: Row) -> HeatRecoveryProblem:
    """The plant that the row names, or the whole site where it names that."""
    site = site_of(row)
    zone = row.target.split("/")[0]
    return site.of_plant(zone) if zone in site.plants else site


def mains_of(row: Row) -> list[Main]:
    """Utilities that can both give and take heat."""
    found = []
    for utility in _read(row.file)["utilities"]:
        ends = [t for t in (_value(utility["t_supply"]), _value(utility["t_target"])) if t is not None]
        if utility["type"] == "Both":
            found.append(Main(utility["name"], max(ends), min(ends), _value(utility["dt_cont"]) or 0.0))
    return found


def utilities_of(row: Row) -> list[Utility]:
    """Every utility of the file, twice where it can both give ("hot NAME") and take ("cold NAME") heat."""
    found = []
    for data in _read(row.file)["utilities"]:
        ends = sorted(t for t in (_value(data["t_supply"]), _value(data["t_target"])) if t is not None)
        own = _value(data["dt_cont"]) or 0.0
        if data["type"] in ("Hot", "Both"):
            found.append(Utility(f"hot {data['name']}", Side.HOT, ends[-1], ends[0], approach_contribution=own))
        if data["type"] in ("Cold", "Both"):
            found.append(Utility(f"cold {data['name']}", Side.COLD, ends[0], ends[-1], approach_contribution=own))
    return found
