"""Engines that run the page's JavaScript, each started once."""

import pytest
from engines import Node, window


@pytest.fixture(scope="session")
def node(case):
    return Node(case)


@pytest.fixture(scope="session")
def chromium(case, tmp_path_factory):
    with window(case, tmp_path_factory) as opened:
        yield opened


@pytest.fixture(scope="session")
def node_of_grains(grain_case):
    return Node(grain_case)


@pytest.fixture(scope="session")
def chromium_of_grains(grain_case, tmp_path_factory):
    with window(grain_case, tmp_path_factory) as opened:
        yield opened


@pytest.fixture(params=["node", "chromium"])
def engine(request):
    """Either, where it is installed."""
    return request.getfixturevalue(request.param)
