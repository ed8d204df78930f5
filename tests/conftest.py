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
    for module, name in (("charts", "HEAD_START"), ("charts", "READY"), ("controls", "IN_FLIGHT")):
        if f"pages.ui.{module}" in sys.modules:
            monkeypatch.setattr(sys.modules[f"pages.ui.{module}"], name, 0.0)
