"""Random integrated water networks of process and treatment units, after Karuppiah and Grossmann's examples."""

from __future__ import annotations

import numpy as np

from loopwise.problems.water_network import WaterNetworkCase

CONTAMINANTS = ("A", "B", "C", "D")


def integrated_network(process: int, treatment: int, contaminants: int, seed: int) -> WaterNetworkCase:
    """`process` units of fixed flow and load, `treatment` units that each remove some of the contaminants.

    Units and prices have the sizes of Karuppiah and Grossmann, Computers & Chemical Engineering 30 (2006) 650-673,
    example 2; the first process unit takes clean water only. 5, 3, 3: about 180 bilinear terms.
    """
    random = np.random.default_rng(seed)
    names = CONTAMINANTS[:contaminants]
    units = [
        {
            "name": f"PU{i + 1}",
            "flow": float(random.integers(3, 8) * 10),
            "load": {k: round(float(random.uniform(0.5, 2.0)), 2) for k in names},
            "inlet_maximum": dict.fromkeys(names, 0.0)
            if i == 0
            else {k: float(random.integers(2, 11) * 5) for k in names},
        }
        for i in range(process)
    ]
    works = []
    for i in range(treatment):
        best = names[i % contaminants]
        removal = {best: round(float(random.uniform(0.9, 0.99)), 3)}
        removal |= {k: round(float(random.uniform(0.4, 0.9)), 2) for k in names if k != best and random.random() < 0.4}
        works.append(
            {
                "name": f"TU{i + 1}",
                "removal": removal,
                "investment_factor": float(random.integers(10, 26) * 1000),
                "exponent": 0.7,
                "operating_cost": round(float(random.uniform(0.005, 0.5)), 3),
            }
        )
    return WaterNetworkCase.model_validate(
        {
            "name": f"integrated-{process}-{treatment}-{contaminants}-{seed}",
            "contaminants": list(names),
            "fresh_water": [{"name": "fresh", "price": 1.0}],
            "process_units": units,
            "treatment_units": works,
            "discharge_maximum": dict.fromkeys(names, 10.0),
            "objective": "annual-cost",
            "hours_per_year": 8000,
            "annualization": 0.1,
        }
    )
