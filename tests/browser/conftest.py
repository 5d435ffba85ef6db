"""Engines that run the page's JavaScript, each started once."""

import pytest
from engines import Chromium, Node


@pytest.fixture(scope="session")
def node(case):
    return Node(case)


@pytest.fixture(scope="session")
def chromium(case, tmp_path_factory):
    window = Chromium(case.page, tmp_path_factory.mktemp("profile"))
    yield window
    window.driver.quit()


@pytest.fixture(scope="session")
def node_of_grains(grain_case):
    return Node(grain_case)


@pytest.fixture(scope="session")
def chromium_of_grains(grain_case, tmp_path_factory):
    window = Chromium(grain_case.page, tmp_path_factory.mktemp("profile"))
    yield window
    window.driver.quit()


@pytest.fixture(params=["node", "chromium"])
def engine(request):
    """Either, where it is installed."""
    return request.getfixturevalue(request.param)
