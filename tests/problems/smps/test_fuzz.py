"""Malformed files: whatever stands in them, the reader answers with a case or with named mistakes."""

import contextlib
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loopwise.problems.errors import CaseError
from loopwise.problems.smps import read_design, read_smps
from tests.problems.smps.small import CORE, STOCH, TIME, read_texts

BLOCKS = """STOCH
BLOCKS        DISCRETE
 BL B1        SECOND    0.5
    RHS       COST      2.0
    X2        NEED      9.0
 UP BND       Y2        3.0
 BL B1        SECOND    0.5
    Y1        COST      -1.0           NEED      0.5
SCENARIOS
 SC A         'ROOT'    1.0       FIRST
    RHS       LIMIT     5.0
ENDATA
"""
WORDS = [
    "RHS",
    "BND",
    "MIX",
    "COST",
    "X1",
    "Y1",
    "UP",
    "FX",
    "BV",
    "SC",
    "BL",
    "N",
    "E",
    "1",
    "-1e400",
    "nan",
    "inf",
    "'MARKER'",
    "'ROOT'",
    "1e30",
    "0",
    "ENDATA",
    "ROWS",
    "BOUNDS",
    "INDEP",
    "NORMAL",
    "ADD",
    "é",
    "\x00",
    "\ufeff",
    "*",
    "٣",
    "",
]


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """`text` with words replaced, lines dropped, doubled or swapped, and cut somewhere."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 4))):
        k = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["word", "drop", "double", "swap", "noise", "outdent"]))
        if change == "word":
            words = re.split(r"(\s+)", lines[k])
            words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(WORDS))
            lines[k] = "".join(words)
        elif change == "drop" and len(lines) > 1:
            del lines[k]
        elif change == "double":
            lines.insert(draw(st.integers(0, len(lines))), lines[k])
        elif change == "swap":
            j = draw(st.integers(0, len(lines) - 1))
            lines[k], lines[j] = lines[j], lines[k]
        elif change == "noise":
            lines[k] = draw(st.text(max_size=70))
        else:
            lines[k] = lines[k].strip()
    whole = "\n".join(lines)
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(
    core=st.one_of(st.just(CORE), damaged(CORE)),
    time=st.one_of(st.just(TIME), damaged(TIME)),
    stoch=st.one_of(damaged(STOCH), damaged(BLOCKS)),
)
def test_never_a_traceback(core: str, time: str, stoch: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            problem = read_texts(Path(folder), core, time, stoch).problem
        except CaseError:
            return
    drawn = problem.scenarios(0, 3)
    assert all(values.shape == (3, len(problem.random[part].index)) for part, values in drawn.parts.items())


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=50), damaged('{"design": [{"name": "a", "value": 1.5}]}'), damaged("2\n1.5\n2\n")))
def test_designs_never_give_a_traceback(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "design"
        file.write_text(text, encoding="utf-8")
        with contextlib.suppress(CaseError):
            assert read_design(file, ("a", "b")).shape == (2,)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    read_texts(tmp_path)
    (tmp_path / "small.sto").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(CaseError):
        read_smps(tmp_path / "small.cor")
    with pytest.raises(CaseError, match="cannot be read"):
        read_design(tmp_path, ("a",))
