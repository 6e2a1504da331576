"""A diagram without cycles still says how much flows where."""

from loopwise.optimizer.report import FlowLine
from loopwise.optimizer.report.loops import REUSE_IN, REUSE_OUT, opened


def test_the_smallest_flow_of_a_loop_is_opened() -> None:
    lines = [
        FlowLine("river", "mill", 60.0),
        FlowLine("mill", "works", 90.0),
        FlowLine("works", "mill", 40.0),
        FlowLine("works", "outfall", 30.0),
        FlowLine("works", "outfall", 20.0),
    ]
    assert set(opened(lines)) == {
        FlowLine("river", "mill", 60.0),
        FlowLine("mill", "works", 90.0),
        FlowLine("works", REUSE_OUT, 40.0),
        FlowLine(REUSE_IN, "mill", 40.0),
        FlowLine("works", "outfall", 50.0),
    }


def test_a_flow_to_itself_is_reuse() -> None:
    assert set(opened([FlowLine("mill", "mill", 5.0)])) == {
        FlowLine("mill", REUSE_OUT, 5.0),
        FlowLine(REUSE_IN, "mill", 5.0),
    }


def test_a_long_loop_is_cut_once() -> None:
    ring = [FlowLine("a", "b", 3.0), FlowLine("b", "c", 1.0), FlowLine("c", "a", 2.0)]
    assert {(line.source, line.target) for line in opened(ring)} == {
        ("a", "b"),
        ("c", "a"),
        ("b", REUSE_OUT),
        (REUSE_IN, "c"),
    }
