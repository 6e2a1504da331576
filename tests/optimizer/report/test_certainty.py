"""Every number of the report says whether it is proved or estimated, and how well."""

from loopwise.optimizer.report.certainty import certainty
from loopwise.optimizer.result import Objective
from tests.optimizer.results import example_result


def test_proof_and_interval() -> None:
    said = dict(certainty(example_result()))
    assert "between 1,898,000 and 1,900,000 (gap 0.11%) for the 50 futures" in said["annual cost: 1,900,000 USD/year"]
    assert "between 1,905,880 and 1,914,120" in said["mean on fresh futures: 1,910,000 USD/year"]
    assert "3 needed the exact solver" in said["10,000 futures operated"]


def test_what_is_not_proved_is_said_so() -> None:
    result = example_result().model_copy(update={"objective": Objective.of("cost", "USD", 5.0, None, 5.0, 10)})
    assert "not proved" in certainty(result)[0][1]
