"""One run has one answer: pasted into the page, uploaded there, told to the library, or logged by a monitor.

That the command says the same of a file and of a pipe is held in `tests/test_monitor.py`.
"""

import json

import pytest

from pages.ui import take_along

from reglab import Curve, Monitor, command, recommend
from tests.test_page_combined_strategy import LOGS, as_own, choose, diagnosis, open_page, paste, put, upload

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
    choose(put(page, n="5,000", classes="10", batch="32", n_val="500", rate="0.001"), "task", "image")
    assert advised[-1] == monitor.advice


SAYING = (
    "Namespace(batch_size=64, lr=0.01, optimizer='SGD', dropout=0.3, weight_decay=0.0005)\nTrain on 1,250 samples\n"
)


@pytest.fixture(scope="module")
def of_pages():
    """Return one page with what is told of every log's run, and the advice that it shows."""
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(take_along, "offer", lambda advice, *_: shown.append(advice))
        yield choose(put(as_own(open_page()), classes="7", n_val="500"), "objective", "accuracy"), shown


@pytest.mark.parametrize("path", sorted(path for path in LOGS.iterdir() if path.is_file()), ids=lambda path: path.name)
def test_page_and_command_say_the_same_of_a_log(of_pages, capsys, path):
    page, shown = of_pages
    options = ["--classes", "7", "--val-rows", "500", "--objective", "accuracy"]
    code = command.main(["diagnose", str(path), *options, "--json"])
    answer = capsys.readouterr().out
    upload(page, path.name, path.read_bytes())
    assert (diagnosis(page) is None) == bool(code)
    if not code:
        of_command = json.loads(answer)
        assert shown[-1].diagnosis == of_command["diagnosis"]["name"]
        assert {r.field: getattr(shown[-1].settings, r.field) for r in shown[-1].reasons} == {
            name: setting["value"] for name, setting in of_command["settings"].items()
        }
        assert list(shown[-1].next_steps) == of_command["next_steps"]
        assert [change.sentence for change in shown[-1].changes] == [c["sentence"] for c in of_command["changes"]]


def test_page_and_command_take_the_same_of_what_a_log_says(of_pages, capsys, tmp_path):
    page, shown = of_pages
    (tmp_path / "run.log").write_text(SAYING + CSV)
    options = ["--classes", "7", "--val-rows", "500", "--objective", "accuracy", "--json"]
    for had, rate in (({}, ""), ({"had_dropout": "0"}, "0.1")):
        current = [f"--current={name.removeprefix('had_')}={value}" for name, value in had.items()]
        assert (
            command.main(["diagnose", str(tmp_path / "run.log"), *options, *current, *["--lr", rate] * bool(rate)]) == 0
        )
        of_command = json.loads(capsys.readouterr().out)
        put(upload(page, "run.log", (SAYING + CSV).encode()), rate=rate, **had)
        assert "weight_decay" in of_command["settings"]
        assert shown[-1].settings.weight_decay == of_command["settings"]["weight_decay"]["value"]
        assert [change.sentence for change in shown[-1].changes] == [c["sentence"] for c in of_command["changes"]]
