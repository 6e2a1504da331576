"""A Sankey diagram's places: columns as plotly counts them, nothing on top of each other, one order in a pair."""

import itertools

import pytest

from loopwise.optimizer.report.content import FlowLine, FlowPicture
from loopwise.optimizer.report.figures import flow_figures
from loopwise.optimizer.report.loops import REUSE_IN, REUSE_OUT
from loopwise.optimizer.report.sankey_layout import PAD, SPACE, Layout, columns, layouts, through

BEFORE = (FlowLine("gas", "boilers", 60.0), FlowLine("boilers", "mill", 55.0), FlowLine("boilers", "losses", 5.0))
AFTER = (
    FlowLine("biomass", "boilers", 70.0),
    FlowLine("gas", "boilers", 5.0),
    FlowLine("boilers", "steam", 66.0),
    FlowLine("boilers", "losses", 9.0),
    FlowLine("steam", "mill", 60.0),
    FlowLine("steam", "turbine", 6.0),
    FlowLine("turbine", "mill", 6.0),
)


def named(lines: tuple[FlowLine, ...]) -> dict[str, str]:
    return {place: f"{place} 12 MW" for place in through(lines)}


@pytest.fixture(scope="module")
def pair() -> list[Layout]:
    return layouts((AFTER, BEFORE), (named(AFTER), named(BEFORE)))


def test_columns_follow_the_longest_way_and_ends_come_last() -> None:
    assert [sorted(column) for column in columns(AFTER)] == [
        ["biomass", "gas"],
        ["boilers"],
        ["steam"],
        ["turbine"],
        ["losses", "mill"],
    ]


def test_no_place_is_on_another_and_all_are_inside(pair: list[Layout]) -> None:
    for layout, lines in zip(pair, (AFTER, BEFORE), strict=True):
        amount = through(lines)
        made = columns(lines)  # plotly takes the largest scale at which every column fits
        scale = min((layout.height - PAD * (len(c) - 1)) / sum(amount[p] for p in c) for c in made)
        spans = {
            name: (x, y * layout.height - scale * amount[name] / 2, y * layout.height + scale * amount[name] / 2)
            for name, x, y in zip(layout.names, layout.x, layout.y, strict=True)
        }
        assert all(low > -1e-6 and high < layout.height + 1e-6 for _, low, high in spans.values())
        for (x, low, high), (other_x, other_low, other_high) in itertools.combinations(spans.values(), 2):
            assert x != other_x or low >= other_high + PAD - 1e-6 or other_low >= high + PAD - 1e-6


def test_labels_of_neighbouring_columns_have_room(pair: list[Layout]) -> None:
    layout = pair[0]
    x = sorted({round(value * layout.width, 3) for value in layout.x})
    gaps = [b - a for a, b in itertools.pairwise(x)]
    assert min(gaps) >= SPACE
    assert gaps[-1] == max(gaps)  # labels from both sides stand there


def test_a_pair_has_one_order_and_one_scale(pair: list[Layout]) -> None:
    after, before = (dict(zip(layout.names, layout.y, strict=True)) for layout in pair)
    assert (after["mill"] < after["losses"]) == (before["mill"] < before["losses"])
    flows = 280.0 / 75.0  # px per MW: the largest column of both holds 75 MW
    assert pair[1].height == pytest.approx(flows * 60.0 + PAD)


def test_few_flows_cross() -> None:
    lines = tuple(FlowLine(f"source {k}", f"sink {9 - k}", 1.0) for k in range(10))
    (layout,) = layouts((lines,), (named(lines),))
    y = dict(zip(layout.names, layout.y, strict=True))
    assert sorted(y, key=y.__getitem__)[0][-1] in "09"
    for k in range(10):
        assert y[f"source {k}"] == pytest.approx(y[f"sink {9 - k}"])


def test_the_loop_runs_along_the_top() -> None:
    lines = (FlowLine("river", "mill", 90.0), FlowLine(REUSE_IN, "mill", 5.0), FlowLine("mill", "outfall", 90.0))
    lines += (FlowLine("mill", REUSE_OUT, 5.0),)
    (layout,) = layouts((lines,), (named(lines),))
    y = dict(zip(layout.names, layout.y, strict=True))
    assert y[REUSE_IN] < y["river"]
    assert y[REUSE_OUT] < y["outfall"]


def test_labels_stand_on_a_ground_of_their_own_so_that_no_band_strikes_them_through() -> None:
    drawn = flow_figures(FlowPicture("Energy", "MW", (), AFTER)).after
    (bands,) = drawn.data
    assert not bands.node.label
    written = {note.text: note for note in drawn.layout.annotations}
    assert set(written) == set(bands.node.customdata) == {f"{p}  {v:g} MW" for p, v in through(AFTER).items()}
    assert all(note.bgcolor for note in written.values())
    ends = {text for text, note in written.items() if note.xanchor == "right"}
    assert ends == {"mill  66 MW", "losses  9 MW"}
