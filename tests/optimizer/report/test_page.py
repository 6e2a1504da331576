"""report.html is one file that needs no network, escapes what users typed and runs in a browser without errors."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from loopwise.optimizer import optimize
from loopwise.optimizer.report import Picture, ReportContent, Table, render_report
from loopwise.optimizer.report.figures import Line, line_figure
from loopwise.optimizer.report.words import number
from loopwise.optimizer.result import RunStatus
from tests.optimizer.results import example_outcome, example_result

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


@pytest.fixture(scope="module")
def page() -> str:
    outcome = example_outcome()
    return render_report(outcome.result, outcome.report)


def without_plotly(page: str) -> str:
    return re.sub(r"<script>/\*\*.*?</script>", "", page, count=1, flags=re.DOTALL)


def test_needs_no_network(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)\s*=\s*[\"']?(https?:)?//", page)
    assert "@import" not in without_plotly(page)


def test_escapes_what_was_typed(page: str) -> None:
    own = without_plotly(page)
    assert "<friends>" not in own
    assert "Paper mill &amp; &lt;friends&gt;" in own
    assert "<turbine>" not in own


def test_says_the_decision_first(page: str) -> None:
    own = without_plotly(page)
    parts = [
        "Build a reverse osmosis",
        "What to build",
        "With the design",
        "good and bad years",
        "Each plant",
        "assumed",
    ]
    places = [own.index(part) for part in parts]
    assert places == sorted(places)


def test_shows_the_pictures_and_tables_of_a_kind() -> None:
    curve = Line("hot streams", (0.0, 1.0), (20.0, 140.0))
    picture = Picture("Composite curves", line_figure((curve,), "MW", "degC"), "Where heat can be recovered.")
    page = render_report(
        example_result(), ReportContent("Mill", pictures=(picture,), tables=(Table("Matches", ("hot", "cold"), ()),))
    )
    own = without_plotly(page)
    assert own.index("Composite curves") < own.index("Where heat can be recovered.") < own.index("Matches")
    assert '"picture-0":' in page
    assert "hot streams" in page


def test_an_empty_report_still_says_why() -> None:
    result = example_result(RunStatus.INFEASIBLE).model_copy(update={"design": (), "bounds_over_time": ()})
    page = render_report(result, ReportContent("Mill"))
    assert "no design satisfies the case" in page
    assert "Plotly" not in page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12345.6, "12,350"),
        (0.45678, "0.4568"),
        (-3.0, "-3"),
        (None, "–"),
        ("words", "words"),
        (2e-5, "2.00e-05"),
        (-5.21e-7, "0"),
    ],
)
def test_numbers(value: object, text: str) -> None:
    assert number(value) == text


@pytest.fixture(scope="module")
def park_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A real park's report, as a run writes it."""
    folder = tmp_path_factory.mktemp("park")
    optimize("single-plant", scenarios=40, out=folder / "out")
    return (folder / "out" / "report.html").read_text(encoding="utf-8")


def opened_in_a_browser(page: str, width: int, folder: Path) -> tuple[str, list[str]]:
    """What the page's own probe saw at a window of `width` pixels, and what the console said; no network there."""
    probe = f"""<style>html {{ width: {width}px }}</style><script>
        addEventListener("load", () => setTimeout(() => {{
          const all = [...document.querySelectorAll(".figure")], drawn = all.filter(f => f.querySelector(".main-svg"));
          const scrolled = e => e.parentElement.closest(".scroll");
          const boxes = [...document.querySelectorAll("main *:not(svg *)")].filter(e => !scrolled(e));
          const wide = boxes.filter(e => e.getBoundingClientRect().right > {width} + 0.5);
          document.title = `drawn ${{drawn.length}} of ${{all.length}}, too wide: ` +
            `${{wide.map(e => e.tagName + "." + e.className).join(" ") || "none"}}`;
        }}, 500))</script>"""
    file = folder / "report.html"
    file.write_text(page.replace("</head>", probe + "</head>"), encoding="utf-8")
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1400,1200", "--enable-logging=stderr", "--v=0",
        "--virtual-time-budget=8000", "--dump-dom", file.as_uri(),
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    title = re.search(r"<title>(.*?)</title>", run.stdout)
    return title.group(1) if title else "", [line for line in run.stderr.splitlines() if ":CONSOLE" in line]


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="no headless Chromium installed")
@pytest.mark.parametrize("width", [1400, 420])
@pytest.mark.parametrize(("which", "figures"), [("page", 6), ("park_page", 7)])
def test_in_a_browser(which: str, figures: int, width: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every figure is drawn, nothing is wider than the window, and the console stays silent."""
    seen, console = opened_in_a_browser(request.getfixturevalue(which), width, tmp_path)
    assert not console
    assert seen == f"drawn {figures} of {figures}, too wide: none"


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="no headless Chromium installed")
def test_the_browser_would_notice(page: str, tmp_path: Path) -> None:
    wide = (
        '<div style="width: 900px">wide</div><script>missing()</script><script src="http://example.com/x.js"></script>'
    )
    seen, console = opened_in_a_browser(page.replace("</main>", wide + "</main>"), 420, tmp_path)
    assert "too wide: DIV" in seen
    assert any("missing is not defined" in line for line in console)


def test_a_picture_without_a_baseline() -> None:
    outcome = example_outcome()
    flows = tuple(replace(picture, before=()) for picture in outcome.report.flows)
    page = render_report(outcome.result, replace(outcome.report, flows=flows))
    assert "Today" not in without_plotly(page)


def test_a_given_design_has_no_gap_and_no_futures_it_was_designed_on() -> None:
    outcome = example_outcome(RunStatus.EVALUATED)
    given = outcome.result.objective.model_copy(update={"lower_bound": None, "gap": None})
    own = without_plotly(render_report(outcome.result.model_copy(update={"objective": given}), outcome.report))
    assert "how much better another could be is not known" in own
    assert "gap to the best possible" not in own
    assert "designed on" not in own
