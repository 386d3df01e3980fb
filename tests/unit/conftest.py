import pytest

from tests.support.turned_clock import TurnedClock


@pytest.fixture
def turned_clock() -> TurnedClock:
    """A clock at noon of 20 November 2026 that stands still until the test turns it."""
    return TurnedClock()
