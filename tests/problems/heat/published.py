"""Published stream data that several tests use, typed anew with their sources."""

from loopwise.problems.heat import HeatRecoveryProblem, HeatStream, Side, Utility


def streams(*rows: tuple[str, float, float, float]) -> tuple[HeatStream, ...]:
    """Streams from (name, supply, target, heat-capacity flow)."""
    return tuple(HeatStream.simple(name, a, b, heat_capacity_flow=cp) for name, a, b, cp in rows)


# Kemp, Pinch Analysis and Process Integration, 2nd ed. (2007), table 2.2: 20 and 60 kW, pinch at 85 degC shifted.
KEMP = HeatRecoveryProblem(
    streams(("C1", 20, 135, 2.0), ("H2", 170, 60, 3.0), ("C3", 80, 140, 4.0), ("H4", 150, 30, 1.5)),
    approach_temperature=10.0,
)

# Linnhoff and Hindmarsh 1983, DOI 10.1016/0009-2509(83)80185-7: 107.5 and 40, pinch 90 / 70 degC.
LINNHOFF_HINDMARSH = HeatRecoveryProblem(
    streams(("H1", 150, 60, 2.0), ("H2", 90, 60, 8.0), ("C1", 20, 125, 2.5), ("C2", 25, 100, 3.0)),
    approach_temperature=20.0,
)

# Yee and Grossmann 1990 part II, DOI 10.1016/0098-1354(90)85010-8, four streams [K, kW]: 450 and 2100 kW.
YEE_GROSSMANN = HeatRecoveryProblem(
    streams(("H1", 650, 370, 10.0), ("H2", 590, 370, 20.0), ("C1", 410, 650, 15.0), ("C2", 350, 500, 13.0)),
    (
        Utility("steam", Side.HOT, 680, 680, price=80.0, film_coefficient=5.0),
        Utility("water", Side.COLD, 300, 320, price=15.0),
    ),
    approach_temperature=10.0,
)
