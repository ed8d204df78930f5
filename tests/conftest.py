"""What holds for every test: one BLAS thread, and no test is excused."""

import os
import sys

import pytest

# Before NumPy or PyTorch is loaded. At this size several threads are slower, and may round differently.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

EXCUSED = ("skipped", "xfailed")


def count_excused(config):
    stats = config.pluginmanager.get_plugin("terminalreporter").stats
    return sum(len(stats.get(outcome, ())) for outcome in EXCUSED)


def pytest_sessionfinish(session):
    if count_excused(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if number := count_excused(config):
        terminalreporter.section("no test is skipped here", sep="!", red=True)
        terminalreporter.line(f"{number} skipped or expected to fail: this run counts as failed")


@pytest.fixture(autouse=True)
def no_browser(monkeypatch):
    """Without a browser nothing is drawn, so no picture waits for another, and no message is under way."""
    if "pages.ui.charts" in sys.modules:
        monkeypatch.setattr(sys.modules["pages.ui.charts"], "HEAD_START", 0.0)
        monkeypatch.setattr(sys.modules["pages.ui.charts"], "READY", 0.0)
        monkeypatch.setattr(sys.modules["pages.ui.controls"], "IN_FLIGHT", 0.0)
