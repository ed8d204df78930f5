"""One run has one answer: pasted into the page, uploaded there, told to the library, or logged by a monitor.

That the command says the same of a file and of a pipe is held in `tests/test_monitor.py`.
"""

import pytest

from pages.ui import take_along

from reglab import Curve, Monitor, recommend
from tests.test_page_combined_strategy import as_own, open_page, paste, put, upload

TRAIN = [2.1, 1.2, 0.7, 0.4, 0.2, 0.1, 0.05, 0.02]
VAL = [2.2, 1.5, 1.1, 0.9, 0.95, 1.0, 1.1, 1.2]
CSV = "epoch,train_loss,val_loss\n" + "".join(
    f"{epoch},{train},{val}\n" for epoch, (train, val) in enumerate(zip(TRAIN, VAL, strict=True), start=1)
)


@pytest.fixture
def advised(monkeypatch):
    """Collect the advice that the page shows."""
    sentences = []
    monkeypatch.setattr(take_along, "offer", lambda advice, *_: sentences.append(advice))
    return sentences


@pytest.mark.parametrize("way", ["pasted", "uploaded"])
def test_the_page_says_what_the_library_and_the_monitor_say(advised, way):
    monitor = Monitor(5000, task="image", n_classes=10, batch_size=32, n_val=500, learning_rate=1e-3)
    for epoch, (train, val) in enumerate(zip(TRAIN, VAL, strict=True), start=1):
        monitor.log(epoch=epoch, train_loss=train, val_loss=val)
    curve = Curve({"step": range(1, 9), "train_loss": TRAIN, "val_loss": VAL}, unit="epoch")
    facts = {"task": "image", "n_classes": 10, "batch_size": 32, "n_val": 500}
    assert monitor.advice == recommend(5000, TRAIN[-1], VAL[-1], curve=curve, **facts)
    page = as_own(open_page())
    page = paste(page, CSV) if way == "pasted" else upload(page, "history.csv", CSV.encode())
    put(page, n="5,000", classes="10", batch="32", n_val="500", rate="0.001")
    assert advised[-1] == monitor.advice
