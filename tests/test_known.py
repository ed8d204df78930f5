"""What is known of a run: what a person says, else what its log says, else what is taken for granted."""

from reglab.reporting.known import LIKELY, USUAL, known_of
from reglab.settings import Settings

LOG = {"batch_size": (64.0, "batch=64"), "learning_rate": (0.01, "lr=0.01"), "dropout": (0.3, "dropout=0.3")}


def test_what_a_person_says_is_taken_and_what_the_log_says_fills_the_rest():
    known = known_of({"n_train": 500, "batch_size": 32, "learning_rate": None}, LOG, strengths={"weight_decay": 0.1})
    assert (known.values["batch_size"], known.values["learning_rate"]) == (32, 0.01)
    assert known.values["current"] == Settings(dropout=0.3, weight_decay=0.1)
    assert list(known.taken) == ["learning_rate", "dropout"]
    assert known.against == {"batch_size": (64.0, "batch=64")}
    same = known_of({"batch_size": 64}, LOG)
    assert not same.against
    assert "batch_size" not in same.taken


def test_a_strength_that_is_told_as_off_is_off():
    known = known_of({}, LOG, strengths={"dropout": 0.0})
    assert known.values["current"] == Settings()
    assert known.against == {"dropout": LOG["dropout"]}
    assert known_of({}, {}).values["current"] is None


def test_the_classes_of_the_log_give_way_to_what_says_otherwise_what_is_predicted():
    classes = {"n_classes": (10.0, "num_classes: 10")}
    assert known_of({}, classes).values["n_classes"] == 10
    for name, value in (("constant_loss", 2.0), ("target_variance", 1.0), ("class_shares", (9, 1))):
        assert known_of({name: value}, classes).values.get("n_classes") is None


def test_what_nobody_says_is_taken_for_granted_and_said():
    known = known_of({}, {})
    assert {name: known.values[name] for name in USUAL} == USUAL
    (sentence,) = known.guesses
    for name in (*USUAL, "pretrained"):
        assert f"({name})" in sentence
    whole = {"task": "image", "architecture": "conv", "optimizer": "sgd", "pretrained": "full"}
    assert known_of(whole, {}).guesses == ()
    assert known_of({}, {}, unit="round").guesses == ()  # of trees


def test_the_network_tells_the_kind_of_data_where_nobody_does():
    for architecture, task in (("language model", "text"), ("conv", "image"), ("transformer", "tabular")):
        known = known_of({"architecture": architecture}, {})
        assert known.values["task"] == task
        assert "(task)" in known.guesses[0]
        assert known_of({"architecture": architecture, "task": "signal"}, {}).values["task"] == "signal"


def test_a_log_of_hugging_faces_trainer_asks_for_the_network():
    columns = {"loss", "eval_loss", "eval_runtime"}
    assert known_of({}, {}, columns=columns).guesses[-1] == LIKELY
    assert LIKELY not in known_of({}, {}, columns={"loss", "eval_loss"}).guesses
    assert LIKELY not in known_of({"architecture": "dense"}, {}, columns=columns).guesses
