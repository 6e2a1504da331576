"""Machines that are gone after the test."""

from collections.abc import Generator

import pytest

from tests.cluster.machines import Machines


@pytest.fixture
def machines() -> Generator[Machines]:
    machines = Machines()
    yield machines
    machines.close()
