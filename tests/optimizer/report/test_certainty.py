"""Every number of the report says whether it is proved or estimated, and how well."""

from loopwise.optimizer.report.certainty import certainty
from loopwise.optimizer.result import Certain, LimitResult, Objective
from tests.optimizer.results import example_result


def test_proof_and_interval() -> None:
    said = dict(certainty(example_result()))
    assert "between 1,898,000 and 1,900,000 (gap 0.11%) for the 50 futures" in said["annual cost: 1,900,000 USD/year"]
    assert "between 1,905,880 and 1,914,120" in said["mean on fresh futures: 1,910,000 USD/year"]
    assert "3 needed the exact solver" in said["10,000 futures operated"]


def test_what_is_not_proved_is_said_so() -> None:
    result = example_result().model_copy(update={"objective": Objective.of("cost", "USD", 5.0, None, 5.0, 10)})
    assert "not proved" in certainty(result)[0][1]


def test_a_given_design_was_designed_on_nothing() -> None:
    result = example_result().model_copy(update={"objective": Objective.of("cost", "USD", 5.0, None, None, 10)})
    words = certainty(result)[0][1]
    assert words.startswith("computed for the given design over the problem's 10 futures")
    assert "designed on" not in words


def test_a_limit_of_the_objective_names_it() -> None:
    achieved = Certain(value=1.5e6, low=1.5e6, high=1.5e6, certainty="proved", confidence=None)
    limit = LimitResult(
        name="bad years", of=("objective",), measure="cvar", unit="USD/a", bound=2e6, level=0.9, planned=1.4e6,
        achieved=achieved, verdict="kept", price=None,
    )  # fmt: skip
    said = dict(certainty(example_result().model_copy(update={"limits": (limit,)})))
    assert "kept: 1,500,000" in said["bad years: CVaR 0.9 of annual cost: 2,000,000 USD/a at most"]
