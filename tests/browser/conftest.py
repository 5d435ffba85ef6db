"""Engines that run the page's JavaScript, each started once."""

import pytest
from engines import Node, window
from explore_case import magnet_page


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


@pytest.fixture(scope="session")
def magnets():
    """(Data, text) of a page of polycrystals."""
    return magnet_page()


@pytest.fixture(params=["node", "chromium"])
def engine(request):
    """Either, where it is installed."""
    return request.getfixturevalue(request.param)
