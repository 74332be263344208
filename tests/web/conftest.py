"""What tests of the client share."""

import pytest

from tests.web.site import Site


@pytest.fixture
def site() -> Site:
    return Site()
