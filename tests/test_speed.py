import numpy as np

from reglab import speed
from reglab.settings import Settings, Training

TRAINING = Training(hidden_sizes=(8,), batch_size=16)


def test_medians_call_every_function_in_turn_after_a_warm_up():
    called = []
    took = speed.medians({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, rounds=3)
    assert "".join(called) == "ab" + "ababab"
    assert set(took) == {"a", "b"}
    assert min(took.values()) >= 0


def test_our_steps_are_the_trainers_and_go_on_where_they_stopped(monkeypatch):
    made = []
    monkeypatch.setattr(speed, "prepare", lambda *given, **named: made.append)
    go = speed.our_steps([Settings()], TRAINING, 7)
    go()
    go()
    assert made == [7, 7]


def test_the_bare_products_are_those_of_a_step(monkeypatch):
    shapes = []
    real = np.matmul
    monkeypatch.setattr(np, "matmul", lambda a, b, out: shapes.append((a.shape, b.shape)) or real(a, b, out=out))
    speed.bare_products(TRAINING, 1)()
    assert shapes == [
        ((16, 64), (64, 8)),
        ((16, 8), (8, 10)),  # forward
        ((8, 16), (16, 10)),
        ((16, 10), (10, 8)),
        ((64, 16), (16, 8)),  # backward
    ]
