"""What the tests of the warehouse share."""

from uuid import uuid4

import pytest


@pytest.fixture
def run_id() -> str:
    return uuid4().hex
