"""A small SMPS problem with every section, typed here, and a reader of its texts."""

from pathlib import Path

from loopwise.problems.smps import SmpsCase, read_smps

CORE = """NAME          SMALL
ROWS
 N  COST
 L  BUDGET
 G  NEED
 L  LIMIT
 E  MIX
COLUMNS
    MARKER                 'MARKER'                 'INTORG'
    X1        COST      2.0            BUDGET    1.0
    X1        NEED      1.0
    MARKER                 'MARKER'                 'INTEND'
    X2        COST      3.0            BUDGET    1.0
    Y1        COST      1.0            NEED      1.0
    Y1        MIX       1.0
    Y2        COST      4.0            LIMIT     1.0
    Y2        MIX       -1.0
RHS
    RHS       BUDGET    10.0           NEED      4.0
    RHS       LIMIT     6.0            COST      -7.0
RANGES
    RNG       LIMIT     2.5            MIX       -1.0
BOUNDS
 UP BND       X1        5.0
 LO BND       X2        1.0
 MI BND       Y1
 UP BND       Y2        8.0
ENDATA
"""
TIME = """TIME          SMALL
PERIODS       IMPLICIT
    X1        COST      FIRST
    Y1        NEED      SECOND
ENDATA
"""
STOCH = """STOCH         SMALL
INDEP         DISCRETE
    RHS       NEED      3.0       SECOND    0.25
    RHS       NEED      5.0       SECOND    0.75
ENDATA
"""


def read_texts(folder: Path, core: str = CORE, time: str = TIME, stoch: str = STOCH) -> SmpsCase:
    """The case of three texts, through files in `folder`."""
    for name, text in (("small.cor", core), ("small.tim", time), ("small.sto", stoch)):
        (folder / name).write_text(text)
    return read_smps(folder / "small.cor")
