"""A campaign with its page, made once for the tests of what the page holds and of how it works."""

import pytest
from explore_case import make_case


@pytest.fixture(scope="session")
def case(tmp_path_factory):
    return make_case(tmp_path_factory.mktemp("explored"))
