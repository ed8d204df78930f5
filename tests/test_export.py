"""Exported code without the frameworks: it parses, holds the converted numbers, and names what cannot be carried."""

import ast
import builtins
import dataclasses
import math
import re
from string import Template

import numpy as np
import pytest

from reglab import fit, image_augmentation, load_run
from reglab.engine.run import evaluation_steps
from reglab.experiments.text_experiments import Plan
from reglab.export import FRAMEWORKS, code_of_run, text_to_code, to_code, to_gap_code, to_lines, writer
from reglab.settings import Settings, Training

ARRAYS = {"x_train", "y_train", "x_val", "y_val"}
DIGITS = {"n_features": 64, "n_classes": 10, "task": "image", "image_shape": (8, 8)}
GLYPHS = {"n_features": 768, "n_classes": 8, "task": "image", "image_shape": (16, 16, 3)}
WIDE = {"n_features": 96, "n_classes": 2, "task": "image", "image_shape": (8, 12)}
SIGNALS = {"n_features": 40, "n_classes": 10, "task": "signal"}
TABLE = {"n_features": 10, "n_classes": None}
DATA = (DIGITS, GLYPHS, WIDE, SIGNALS, TABLE)
BLOCKS = Training((16, 16, 16), residual=True, batch_norm=True)

# Each field of Settings, switched on, and what each framework's code then has.
ON = {
    "dropout": (Settings(dropout=0.35), "nn.Dropout(0.35)", "keras.layers.Dropout(0.35)", "# - dropout 0.35"),
    "input_dropout": (
        Settings(input_dropout=0.15),
        "nn.Dropout(0.15),  # of the inputs",
        "keras.layers.Dropout(0.15),  # of the inputs",
        "mask = rng.random(xb.shape) >= 0.15",
    ),
    "drop_path_rate": (
        Settings(drop_path_rate=0.3),
        "nn.ReLU(), drop_path=0.3)",
        "drop_path=0.3,",
        "# - drop_path_rate 0.3",
    ),
    "input_noise": (Settings(input_noise=0.2), *["xb = xb + 0.2 * torch.randn", *["xb = xb + 0.2 * rng.standard"] * 2]),
    "augment": (Settings(augment=0.5), *["7.5 degrees, zoom 0.05"] * 3),
    "mixup_alpha": (Settings(mixup_alpha=0.4), "Beta(0.4, 0.4)", "rng.beta(0.4, 0.4)", "# - mixup_alpha 0.4"),
    "cutmix_alpha": (Settings(cutmix_alpha=0.6), "Beta(0.6, 0.6)", "rng.beta(0.6, 0.6)", "# - cutmix_alpha 0.6"),
    "switch_prob": (
        Settings(mixup_alpha=0.4, cutmix_alpha=0.6, switch_prob=0.3),
        "torch.rand(()) < 0.3",
        "rng.random() < 0.3",
        "# - switch_prob 0.3",
    ),
    "label_smoothing": (Settings(label_smoothing=0.1), *["label_smoothing=0.1"] * 2, "# - label_smoothing 0.1"),
    "weight_decay": (
        Settings(weight_decay=0.05),
        '{"params": weights, "weight_decay": 0.05}',
        "weight_decay=0.05,",
        "w *= 1 - learning_rate * 0.05",
    ),
    "l2": (Settings(l2=0.03), "loss + 0.03 / 2 * sum(", "regularizers.L2(0.015)", "alpha=0.03 * batch_size"),
    "l1": (Settings(l1=0.002), *["learning_rate * 0.002"] * 3),
    "clip_norm": (Settings(clip_norm=2.0), "max_norm=2.0", "global_clipnorm=2.0", "# - clip_norm 2.0"),
    "clip_value": (Settings(clip_value=0.7), "clip_value=0.7", "clipvalue=0.7", "# - clip_value 0.7"),
    "patience": (Settings(patience=7), "if bad >= 7:", "patience=7,", "if bad >= 7:"),
    "min_delta": (Settings(patience=7, min_delta=0.01), "best - 0.01", "min_delta=0.01", "best - 0.01"),
    "restore_best_weights": (
        Settings(patience=7, restore_best_weights=True),
        "model.load_state_dict(kept)",
        "restore_best_weights=True",
        "model = kept",
    ),
    "learning_rate": (Settings(learning_rate=0.02), *["learning_rate = 0.02"] * 3),
    "momentum": (Settings(momentum=0.85), *["momentum=0.85"] * 3),
}
FULL = Settings(**{name: getattr(case[0], name) for name, case in ON.items()})


def allowed(settings, data, training):
    """Switch off what `fit` too would refuse."""
    off = {}
    if data["n_classes"] is None:
        off |= {"label_smoothing": 0.0, "mixup_alpha": 0.0, "augment": 0.0}
    if data.get("task") != "image":
        off["cutmix_alpha"] = 0.0
    if not training.residual:
        off["drop_path_rate"] = 0.0
    return dataclasses.replace(settings, **off)


def cases():
    """Every framework with random settings, on every kind of data."""
    rng = np.random.default_rng(0)
    for number in range(60):
        data = DATA[number % len(DATA)]
        training = Training(
            [(), (32,), (16, 24), (16, 16, 16)][rng.integers(4)],
            batch_norm=bool(rng.integers(2)),
            optimizer=["sgd", "adam", "adamw"][rng.integers(3)],
        )
        training = BLOCKS if number % 4 == 3 else training
        chosen = {name: getattr(FULL, name) for name in ON if rng.random() < 0.5}
        chosen["restore_best_weights"] = bool(rng.integers(2))
        yield allowed(Settings(**chosen), data, training), training, data
    for data in DATA:
        for training in (Training(), Training(optimizer="sgd"), BLOCKS):
            yield Settings(), training, data
            yield allowed(FULL, data, training), training, data


CASES = list(cases())


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_code_parses_and_every_name_in_it_is_defined_and_used(framework):
    for settings, training, data in CASES:
        code = to_code(framework, settings, training, **data)
        nodes = list(ast.walk(ast.parse(code)))
        imported = {a.asname or a.name for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom)) for a in n.names}
        names = [n for n in nodes if isinstance(n, ast.Name)]
        loaded = {n.id for n in names if isinstance(n.ctx, ast.Load)}
        made = {n.id for n in names if isinstance(n.ctx, ast.Store)}
        made |= {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        made |= {n.arg for n in nodes if isinstance(n, ast.arg)}
        assert not loaded - made - imported - ARRAYS - set(dir(builtins)), code
        assert not imported - loaded, code
        assert loaded >= ARRAYS
        assert made >= {"model", "val_loss"}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_code_reads_well(framework):
    for settings, training, data in CASES:
        code = to_code(framework, settings, training, **data)
        assert "$" not in code
        assert "\n\n\n\n" not in code
        assert code.endswith(")\n")
        for line in code.splitlines():
            assert line == line.rstrip()
            assert len(line) <= 120


def template_lines(name):
    return (writer.TEMPLATES / f"{name}.py.txt").read_text("utf-8").splitlines()


def test_every_template_is_of_a_framework_or_included_in_one():
    names = {path.name.removesuffix(".py.txt") for path in writer.TEMPLATES.iterdir()}
    included = {line.split()[1] for name in names for line in template_lines(name) if line.startswith("#include")}
    assert names == included | {
        f"{use}{name}" for name in writer.FILES.values() for use in ("", "gap_", "lasso_", "text_")
    } | {"lines_pytorch", "lines_keras"}


# --- the lines that carry settings into one's own training


def lines_cases():
    """Random settings for every kind of network."""
    rng = np.random.default_rng(1)
    for number in range(60):
        architecture = tuple(writer.DROPOUT_AT)[number % 3]
        n_classes = [10, 2, None][rng.integers(3)]
        chosen = {name: getattr(FULL, name) for name in ON if rng.random() < 0.5}
        if n_classes is None:
            chosen |= {"mixup_alpha": 0.0, "cutmix_alpha": 0.0, "label_smoothing": 0.0}
        if architecture == "language model":
            chosen |= {"mixup_alpha": 0.0, "cutmix_alpha": 0.0, "input_noise": 0.0}
        how = Training(optimizer=["sgd", "adam", "adamw"][rng.integers(3)])
        yield Settings(**chosen), how, {"n_classes": n_classes, "architecture": architecture}


@pytest.mark.parametrize("framework", FRAMEWORKS[:2])
def test_lines_for_ones_own_training_parse_and_name_what_there_is(framework):
    for settings, training, data in lines_cases():
        code = to_lines(framework, settings, training, **data)
        nodes = list(ast.walk(ast.parse(code)))
        imported = {a.asname or a.name for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom)) for a in n.names}
        names = [n for n in nodes if isinstance(n, ast.Name)]
        loaded = {n.id for n in names if isinstance(n.ctx, ast.Load)}
        made = {n.id for n in names if isinstance(n.ctx, ast.Store)} | {n.arg for n in nodes if isinstance(n, ast.arg)}
        made |= {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        assert not loaded - made - imported - {"model"} - set(dir(builtins)), code
        assert not imported - loaded, code
        assert "model" in loaded
        assert "$" not in code
        assert "\n\n\n\n" not in code
        assert all(line == line.rstrip() and len(line) <= 120 for line in code.splitlines())
        assert code.startswith("# What is to be carried over are these settings: put the lines into your own training")


OFF = Settings()


@pytest.mark.parametrize("name", [name for name in ON if name not in ("switch_prob", "learning_rate", "momentum")])
@pytest.mark.parametrize("framework", FRAMEWORKS[:2])
def test_lines_hold_what_is_on_and_nothing_of_what_is_off(framework, name):
    settings = ON[name][0]
    value = getattr(settings, name)
    written = {"l2": f"{value / 2:g}" if framework == "Keras" else "0.03 / 2", "augment": "0.0625"}
    how = Training(residual=True)
    with_it = to_lines(framework, settings, how, n_classes=10)
    off = False if name == "restore_best_weights" else getattr(OFF, name)
    without = to_lines(framework, dataclasses.replace(settings, **{name: off}), how, n_classes=10)
    assert with_it != without
    if name != "restore_best_weights":
        assert written.get(name, str(value)) in with_it


def test_lines_say_where_dropout_stands_in_the_network():
    for architecture, place in writer.DROPOUT_AT.items():
        for framework in FRAMEWORKS[:2]:
            code = to_lines(framework, Settings(dropout=0.3), n_classes=10, architecture=architecture)
            assert f"Dropout(0.3),\n# {place}.\n" in code
    assert "Dropout(0.4)" in to_lines("Keras", Settings(dropout=(0.2, 0.4)), n_classes=10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"framework": "scikit-learn"}, "framework must be PyTorch or Keras, got 'scikit-learn'"),
        ({"architecture": "dense"}, "architecture must be one of conv, transformer, language model, got 'dense'"),
        ({"settings": Settings(input_noise=0.1), "architecture": "language model"}, "tokens are no numbers"),
        ({"settings": Settings(label_smoothing=0.1), "n_classes": None}, "must be 0 for regression"),
        ({"settings": None}, "settings must be a Settings, got None"),
    ],
)
def test_lines_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        to_lines(**{"framework": "PyTorch", "settings": Settings(), "n_classes": 10, **arguments})


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_augmentation_of_texts_is_filled_in(framework):
    code = text_to_code(framework, Plan("de", 0.25, copies=3))
    compile(code, framework, "exec")
    assert ', "de", 0.25, ' in code
    assert "$" not in code
    assert ("in range(3)" in code) == (framework != "PyTorch")  # it makes a new variant at every visit


def test_the_augmentation_of_texts_is_of_a_known_framework():
    with pytest.raises(ValueError, match="framework must be one of PyTorch, Keras, scikit-learn, got 'JAX'"):
        text_to_code("JAX", Plan())
    with pytest.raises(ValueError, match="plan must be a Plan, got 'eda'"):
        text_to_code("Keras", "eda")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_templates_name_what_there_is(framework):
    settings, training = Settings(), Training()
    on = writer._what_is_on(settings, training, 10, "image") | {"sklearn": False}
    values = writer._values(settings, training, 64, 10, "image", (8, 8))
    depth, turned = 0, set()  # how many conditions are open, and which of them are past their #else
    for line in writer._template(writer.FILES[framework]):
        word, *names = line.split() or [""]
        if word == "#if":
            assert names
            assert {name.lstrip("!") for name in names} <= on.keys(), line
            depth += 1
        elif word == "#else":
            assert depth not in turned
            turned.add(depth)
        elif word == "#endif":
            turned.discard(depth)
            depth -= 1
            assert depth >= 0
        else:
            assert not re.match(r"#\w", line), line  # a comment has a space after its sign
            assert Template(line).is_valid(), line
            assert set(Template(line).get_identifiers()) <= values.keys(), line
    assert depth == 0


def test_every_field_of_settings_is_known_here():
    assert ON.keys() == {field.name for field in dataclasses.fields(Settings)}


@pytest.mark.parametrize("number", range(3), ids=FRAMEWORKS)
@pytest.mark.parametrize("name", ON)
def test_what_is_on_appears_and_what_is_off_does_not(name, number):
    settings, *expected = ON[name]
    training = Training(optimizer="sgd") if name == "momentum" else BLOCKS if name == "drop_path_rate" else Training()
    without = dataclasses.replace(
        settings, **{name: {"restore_best_weights": False}.get(name, getattr(Settings(), name))}
    )
    code, plain = (to_code(FRAMEWORKS[number], s, training, **DIGITS) for s in (settings, without))
    assert expected[number] in code
    assert expected[number] not in plain


@pytest.mark.parametrize(("framework", "most"), [("PyTorch", 60), ("Keras", 70), ("scikit-learn", 60)])
def test_default_settings_give_short_code(framework, most):
    code = to_code(framework, Settings(), Training(), **DIGITS).lower()
    assert len(code.splitlines()) <= most
    for word in (
        "dropout",
        "noise",
        "augment",
        "mixup",
        "smoothing=",
        "decay",
        "l1",
        "l2",
        "clip",
        "patience",
        "norm1d",
    ):
        assert word not in code


def test_decay_is_decoupled_and_spares_the_biases():
    decayed = Settings(weight_decay=0.05)
    adam, sgd = (to_code("PyTorch", decayed, Training(optimizer=name), **DIGITS) for name in ("adam", "sgd"))
    assert "torch.optim.AdamW(" in adam
    assert '{"params": others, "weight_decay": 0}' in adam
    assert "w.mul_(1 - learning_rate * 0.05)" in sgd  # torch.optim.SGD's own is coupled
    assert sgd.index("w.mul_") < sgd.index("optimizer.step()")
    assert "weight_decay=" not in sgd
    for optimizer, name in (("adam", "AdamW"), ("adamw", "AdamW"), ("sgd", "SGD")):
        keras = to_code("Keras", decayed, Training(optimizer=optimizer), **DIGITS)
        assert f"keras.optimizers.{name}(" in keras
        assert 'exclude_from_weight_decay(var_names=["bias"])' in keras
    assert '["bias", "gamma", "beta"]' in to_code("Keras", decayed, BLOCKS, **DIGITS)


def test_without_decay_adamw_is_adam():
    assert "AdamW" not in to_code("PyTorch", Settings(), Training(optimizer="adamw"), **DIGITS)  # its default is 0.01
    assert "AdamW" not in to_code("Keras", Settings(), Training(optimizer="adamw"), **DIGITS)
    assert "alpha=0,\n" in to_code("scikit-learn", Settings(), **DIGITS)  # its default is 0.0001


def test_the_weights_are_listed_only_where_something_acts_on_them():
    def code(settings, training=Training()):
        return to_code("PyTorch", settings, training, n_features=4, n_classes=3)

    listed = "weights = ["
    assert listed not in code(Settings(patience=5))
    for settings in (Settings(weight_decay=0.1), Settings(l1=0.1), Settings(l2=0.1)):
        assert listed in code(settings)
    assert listed in code(Settings(), Training(residual=True, hidden_sizes=(8, 8)))


def test_the_penalty_comes_before_the_clipping_and_the_clipping_before_the_step():
    code = to_code("PyTorch", FULL, BLOCKS, **DIGITS)
    order = ["/ 2 * sum(", "loss.backward()", "clip_grad_value_", "clip_grad_norm_", "optimizer.step()", "softshrink"]
    order += ["if step in"]
    assert sorted(order, key=code.index) == order


def test_keras_clips_in_one_way_and_says_what_it_leaves_out():
    both, by_value = (to_code("Keras", Settings(clip_value=0.7, clip_norm=norm), **DIGITS) for norm in (2.0, 0.0))
    left_out = "# Other than reglab, Keras clips in one way only: clip_value 0.7 is left out."
    assert left_out in both
    assert "global_clipnorm=2.0" in both
    assert "clipvalue" not in both
    assert "Other than reglab, Keras clips" not in by_value
    assert "clipvalue=0.7" in by_value


def test_sklearns_momentum_is_not_nesterovs():
    assert "nesterovs_momentum=False" in to_code("scikit-learn", Settings(), Training(optimizer="sgd"), **DIGITS)


def test_one_rate_per_layer():
    settings, training = Settings(dropout=(0.1, 0.0, 0.3)), Training((8, 9, 7))
    torch, keras, sklearn = (to_code(framework, settings, training, **DIGITS) for framework in FRAMEWORKS)
    for line in (
        "nn.Linear(64, 8), nn.ReLU(), nn.Dropout(0.1),",
        "nn.Linear(8, 9), nn.ReLU(),\n",
        "nn.Linear(9, 7), nn.ReLU(), nn.Dropout(0.3),",
        "nn.Linear(7, 10),",
    ):
        assert line in torch
    assert keras.index("dense(8)") < keras.index("Dropout(0.1)") < keras.index("dense(9)") < keras.index("Dropout(0.3)")
    assert keras.count("layers.Dropout") == 2
    assert "# - dropout (0.1, 0.0, 0.3)" in sklearn
    assert "dropout" not in to_code("scikit-learn", Settings(dropout=(0.0, 0.0, 0.0)), training, **DIGITS)


def test_residual_blocks_have_rising_rates_and_smaller_weights():
    torch, keras, _ = (to_code(f, Settings(drop_path_rate=0.2), BLOCKS, **DIGITS) for f in FRAMEWORKS)
    for code in (torch, keras):
        assert code.count("  Residual(") == 2
        assert code.index("drop_path=0.0") < code.index("drop_path=0.2")
    assert "w.data /= math.sqrt(2)" in torch
    assert keras.count("scale=2 / 2") == 2
    assert torch.count("bias=False), nn.BatchNorm1d(16), nn.ReLU()") == 3
    assert keras.count("BatchNormalization(momentum=0.9, epsilon=1e-05)") == 3


def test_sklearn_names_what_it_cannot_do():
    code = to_code("scikit-learn", FULL, BLOCKS, **WIDE)
    lost = [line[4:].split()[0] for line in code.splitlines() if line.startswith("# - ")]
    assert (lost[:2], lost[-2:]) == (["batch_norm", "residual"], ["two", "He's"])
    assert sorted(lost[2:-2]) == sorted(name for name, (*_, line) in ON.items() if line.startswith("# - "))
    alone = to_code("scikit-learn", Settings(), **DIGITS)
    assert [line for line in alone.splitlines() if line.startswith("# - ")] == [
        "# - He's initialisation (it has Glorot's, and no zero biases)"
    ]


def test_keras_watches_the_loss_without_penalties_and_says_how_its_evaluations_differ():
    code = to_code("Keras", Settings(patience=3, l2=0.1), Training(max_steps=600, eval_steps=30), **DIGITS)
    assert 'monitor="val_clean_loss"' in code
    assert "steps_per_epoch=20,\n    epochs=30," in code
    assert "# Other than reglab, it evaluates every 20 steps, not densely at first.\n" in code
    code = to_code("Keras", Settings(patience=3), Training(max_steps=150, eval_steps=12), **DIGITS)
    assert "steps_per_epoch=12,\n    epochs=12," in code
    assert "every 12 steps, not densely at first, and makes 144 steps, not 150.\n" in code


def test_regression_minimises_half_the_squared_error():
    torch, keras, sklearn = (to_code(framework, Settings(l2=0.1), **TABLE) for framework in FRAMEWORKS)
    assert torch.count("F.mse_loss(") == torch.count(") / 2\n") == 2
    assert "keras.ops.square(y - outputs), axis=-1) / 2" in keras
    assert "MLPRegressor(" in sklearn
    for code in (torch, keras, sklearn):
        assert "entropy" not in code
        assert "classes" not in code


def test_images_and_signals_have_one_scale_and_tables_one_per_feature():
    for framework in FRAMEWORKS:
        assert "x_train.mean(), x_train.std()" in to_code(framework, Settings(), **DIGITS)
        assert "x_train.mean(), x_train.std()" in to_code(framework, Settings(), **SIGNALS)
        assert "x_train.mean(axis=0), x_train.std(axis=0)" in to_code(framework, Settings(), **TABLE)
        assert "scale[scale <= " in to_code(framework, Settings(), **TABLE)
        assert "scale[scale <= " not in to_code(framework, Settings(), **DIGITS)


def part(code, start, end):
    return code[code.index(start) : code.index(end)]


@pytest.mark.parametrize("framework", ["PyTorch", "scikit-learn"])
def test_evaluations_are_the_trainers(framework):
    for max_steps, eval_steps in ((1000, 40), (150, 12), (7, 20), (1, 1), (333, 3)):
        code = to_code(framework, Settings(patience=2), Training(max_steps=max_steps, eval_steps=eval_steps), **DIGITS)
        scope = {"math": math}
        exec(part(code, "counts =", "best, bad"), scope)
        assert scope["evaluations"] == set(evaluation_steps(max_steps, eval_steps).tolist())


@pytest.mark.parametrize("framework", ["Keras", "scikit-learn"])
def test_batches_take_each_row_once_in_a_pass(framework):
    code = to_code(framework, Settings(), **TABLE)
    x = np.arange(10)[:, None]
    scope = {"np": np, "x": x, "y": x, "batch_size": 4, "rng": np.random.default_rng(0)}
    exec(part(code, "def batches", "def dense" if framework == "Keras" else "def clean_loss"), scope)
    drawn = np.concatenate([xb[:, 0] for _, (xb, _) in zip(range(5), scope["batches"](), strict=False)])
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert list(drawn[:10]) != list(drawn[10:])


def test_signals_are_moved_as_in_reglab():
    code = to_code("Keras", Settings(augment=0.7), **SIGNALS)
    rows = np.random.default_rng(1).standard_normal((6, 40))
    draws = np.random.default_rng(2).uniform(-1, 1, (6, 2))
    scope = {"np": np, "rng": np.random.default_rng(2)}
    exec(part(code, "def augment", "def batches"), scope)

    class Drawn:
        def random(self, shape, dtype):
            return np.concatenate([(draws + 1) / 2, np.zeros((6, 2))], axis=1)

    ours = image_augmentation._augment(rows[None, None], np.array([[0.7]]), [Drawn()], None)[0, 0]
    np.testing.assert_allclose(scope["augment"](rows), ours, rtol=1e-10, atol=1e-12)


def test_keras_and_sklearn_say_that_their_epsilon_is_larger_at_first():
    said = "epsilon=1e-08,  # added before the bias correction: in effect 3e-07 at first"
    for framework in ("Keras", "scikit-learn"):
        assert said in to_code(framework, Settings(), **DIGITS)
        assert "epsilon" not in to_code(framework, Settings(), Training(optimizer="sgd"), **DIGITS)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_strengths_are_written_as_floats_even_where_they_are_whole(framework):
    settings = Settings(learning_rate=1, momentum=0, patience=2)
    code = to_code(framework, settings, Training(optimizer="sgd"), **DIGITS)
    assert "learning_rate = 1.0\n" in code  # Keras refuses 1
    assert "momentum=0.0" in code
    assert "patience=2," in code or "bad >= 2:" in code


def test_numpys_numbers_are_written_as_pythons():
    settings = Settings(dropout=(np.float64(0.1), np.float64(0.2)), l2=np.float64(0.3) * 0.1, patience=np.int64(4))
    for framework in FRAMEWORKS:
        code = to_code(framework, settings, Training((np.int64(8), 8)), **DIGITS)
        assert "np.float" not in code
        assert "np.int" not in code
        assert "0.03 " in code or "(0.015)" in code


WRONG = {
    "framework must be one of PyTorch, Keras, scikit-learn, got 'JAX'": {"framework": "JAX"},
    "settings must be a Settings, got None": {"settings": None},
    "training must be a Training, got Settings": {"training": Settings()},
    "n_features must be a whole number of at least 1, got 0": {"n_features": 0},
    "n_classes must be a whole number of at least 2, got 1": {"n_classes": 1},
    "task must be one of tabular, image, signal, points, got 'text'": {"task": "text"},
    "dropout must have one rate per hidden layer (2), got (0.1,)": {"settings": Settings(dropout=(0.1,))},
    "drop_path_rate must be 0 unless residual is on, got 0.1": {"settings": Settings(drop_path_rate=0.1)},
    "label_smoothing and mixup_alpha must be 0 for regression": {
        "settings": FULL,
        "training": BLOCKS,
        "n_classes": None,
    },
    "augment must be 0 for tabular rows, got 0.5": {"settings": Settings(augment=0.5), "task": "tabular"},
    "cutmix_alpha must be 0 unless the task is images of classes, got 0.5": {
        "settings": Settings(cutmix_alpha=0.5),
        "task": "signal",
        "image_shape": None,
    },
    "image_shape must be given where images are augmented or cut, got None": {
        "settings": Settings(cutmix_alpha=0.5),
        "image_shape": None,
    },
    "image_shape must be given": {"settings": Settings(augment=0.5), "image_shape": None},
    "of 64 features, got (7, 8)": {"image_shape": (7, 8)},
    "of 64 features, got (8, 8, 2)": {"image_shape": (8, 8, 2)},
    "of 64 features, got (64,)": {"image_shape": (64,)},
    "of 64 features, got (0, 8)": {"image_shape": (0, 8)},
}


@pytest.mark.parametrize("message", WRONG)
def test_errors_say_what_was_wrong(message):
    arguments = {"framework": "PyTorch", "settings": Settings(), "training": Training(), **DIGITS, **WRONG[message]}
    with pytest.raises(ValueError, match=re.escape(message)):
        to_code(**arguments)


def test_the_gap_is_measured_on_both_sets_alike():
    """The scikit-learn code runs on a model that predicts known probabilities; the others at least parse."""
    for framework in FRAMEWORKS:
        ast.parse(to_gap_code(framework))
    with pytest.raises(ValueError, match=r"framework must be .*, got 'JAX'"):
        to_gap_code("JAX")
    code = to_gap_code("scikit-learn").partition("\n")[2]  # without the import

    class Model:
        classes_ = np.array([0, 1])

        def predict_proba(self, x):
            return np.stack([1 - x, x], axis=1)

    def log_loss(y, p, labels):
        return -np.mean(np.log(p[np.arange(len(y)), y]))

    x, y = np.array([0.9, 0.2]), np.array([1, 0])
    there = {"model": Model(), "log_loss": log_loss, "x_train": x, "y_train": y, "x_val": x, "y_val": 1 - y}
    exec(code, there)
    assert there["train_loss"] == pytest.approx(-(math.log(0.9) + math.log(0.8)) / 2)
    assert there["val_loss"] == pytest.approx(-(math.log(0.1) + math.log(0.2)) / 2)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_code_asks_the_data_how_many_features_there_are_where_nobody_told(framework):
    known = to_code(framework, Settings(dropout=0.5), n_features=64, n_classes=10)
    asked = to_code(framework, Settings(dropout=0.5), n_features=None, n_classes=10)
    compile(asked, "asked", "exec")
    assert "64-64-64-10" in known
    assert "d-64-64-10" in asked
    assert (
        asked.replace("x_train.shape[1]", "64").replace("d-64-64-10", "64-64-64-10").replace("(rows, d)", "(rows, 64)")
        == known
    )


def test_the_shape_of_an_image_says_how_many_features_there_are():
    settings = Settings(augment=0.5)
    code = to_code("PyTorch", settings, n_features=64, n_classes=10, task="image", image_shape=(8, 8))
    assert to_code("PyTorch", settings, n_features=None, n_classes=10, task="image", image_shape=(8, 8)) == code
    with pytest.raises(ValueError, match=r"image_shape must be .* got \(0, 8\)"):
        to_code("PyTorch", settings, n_features=None, n_classes=10, task="image", image_shape=(0, 8))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_noise_on_inputs_says_of_which_units_its_deviation_is(framework):
    code = to_code(framework, Settings(input_noise=0.15), n_features=4, n_classes=3)
    assert "of standardised inputs: on raw ones its deviation is 0.15 * scale." in code


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_run_says_of_which_data_and_network_its_code_is(framework, tmp_path):
    training = Training(max_steps=2, hidden_sizes=(24,), batch_size=16)
    cases = {
        "digits": {"n_features": 64, "n_classes": 10, "task": "image", "image_shape": (8, 8)},
        "mnist1d": {"n_features": 40, "n_classes": 10, "task": "signal"},
        "diabetes": {"n_features": 10, "n_classes": None},
        "moons": {"n_features": 2, "n_classes": 2},
    }
    for name, known in cases.items():
        run = fit(name, Settings(), training, n_train=20, seeds=1)
        assert code_of_run(framework, Settings(dropout=0.5), run) == to_code(
            framework, Settings(dropout=0.5), training, **known
        )
    run.save(tmp_path / "run.npz")
    loaded = load_run(tmp_path / "run.npz")
    assert code_of_run(framework, Settings(), loaded) == code_of_run(framework, Settings(), run)
    with pytest.raises(ValueError, match="run must be a Run, got 'digits'"):
        code_of_run(framework, Settings(), "digits")
