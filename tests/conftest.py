"""What every test can ask for: the shared data, a browser; and how hard hypothesis tries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.checkout import SHARED, SHARED_IS_HERE, WHY_NOT_SHARED
from tests.chromium import Chromium, find_chromium

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "long", settings.get_profile("ci"), derandomize=False, max_examples=int(os.environ.get("DETENTE_EXAMPLES", "1000"))
)
settings.load_profile("ci")  # ./test long asks for "long"

LONG_TIMEOUT_SECONDS = 1800


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_TIMEOUT_SECONDS))


@pytest.fixture(scope="session", autouse=True)
def runs_of_tests_are_kept_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the runs of whoever starts the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DETENTE_HOME", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout that holds `data/`; a test that needs it is skipped where it is absent."""
    if not SHARED_IS_HERE:
        pytest.skip(WHY_NOT_SHARED)
    return SHARED


@pytest.fixture
def chromium(tmp_path: Path) -> Chromium:
    """A browser; a test that needs it (mark it `browser`) is skipped where there is none."""
    program = find_chromium()
    if program is None:
        pytest.skip("needs Chromium, which is not installed (on Debian: apt-get install chromium)")
    return Chromium(program, tmp_path / "chromium-profile")
