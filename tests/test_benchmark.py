"""The command line of the benchmarks."""

import pytest

from reglab.benchmark import __main__ as benchmark
from reglab.engine.parts import n_workers


@pytest.mark.parametrize("arguments", [[], ["other"], ["evidence", "--other"]])
def test_unknown_arguments_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        benchmark.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m reglab.benchmark" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["evidence"], ("evidence", {"again": False})),
        (["evidence", "--grid"], ("evidence", {"again": True})),
        (["speed"], ("speed", {})),
    ],
)
def test_each_part_is_run(arguments, called, monkeypatch):
    calls = []
    for part in ("evidence", "speed"):
        module = getattr(benchmark, part)
        monkeypatch.setattr(module, "main", lambda part=part, **options: calls.append((part, options)))
    benchmark.main(arguments)
    assert calls == [called]


def test_the_grid_is_measured_in_processes(monkeypatch):
    calls = []

    def main(again, executor):
        calls.append((again, executor.submit(abs, -4).result(), n_workers(executor)))

    monkeypatch.setattr(benchmark.evidence, "main", main)
    benchmark.main(["evidence", "--grid", "--processes", "2"])
    assert calls == [(True, 4, 2)]
