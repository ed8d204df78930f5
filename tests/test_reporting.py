"""The report and the pictures: what they hold, that they are whole, and that what comes from outside stays text."""

import html.parser
import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import reglab
from reglab.logs import Curve, read_log
from reglab.reporting import characters, outside, parts, plot, report, svg, terminal
from tests.refusals import refusal

LOSSES = {"step": [1, 2, 3, 4], "train_loss": [1.0, 0.5, 0.2, 0.0], "val_loss": [1.2, 0.8, 1.0, 1.2]}
CURVE = Curve(LOSSES, unit="epoch", notes=["Read 4 rows."])
TOLD = {"n_classes": 10, "batch_size": 32, "learning_rate": 1e-3, "task": "image"}
BAD = "![x](//evil.example/a.png) <script>alert(1)</script> `c` | *b* https://evil.example \x1b[31m\u202e"
VOID = {"meta", "link", "img", "br", "hr", "input"}


def advise(curve=CURVE, **facts):
    facts = {**TOLD, **facts}
    return reglab.recommend(5000, curve["train_loss"][-1], curve["val_loss"][-1], curve=curve, **facts)


class Page(html.parser.HTMLParser):
    """Reads a page, and refuses what does not close what it opened."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


# --- the pictures ---


def marks(picture):
    """Return where a picture of characters has its marks: {(row, column): mark}, counted from the axis's top."""
    lines = picture.splitlines()[: characters.HEIGHT]
    start = lines[0].index("+") + 1
    return {(row, at - start): mark for row, line in enumerate(lines) for at, mark in enumerate(line) if at >= start}


def test_the_characters_stand_where_the_losses_are():
    curve = Curve({"step": [0, 10], "train_loss": [11.0, 0.0], "val_loss": [11.0, 5.5]})
    picture = characters.draw(curve, 40, ascii_only=True)
    there = marks(picture)
    columns = 40 - 4 - 2
    assert there[0, 0] == "*"
    for column in range(columns):
        share = column / (columns - 1)
        assert there[round(share * 11), column] in "t*"
        assert there[round(share * 5.5), column] in "v*"
    assert picture.isascii()
    assert [line[:4].strip() for line in picture.splitlines()[:12]] == ["11", *[""] * 5, "5", *[""] * 4, "0"]
    assert picture.splitlines()[14].split() == ["step", "0", "10"]


PICTURE = """\
  1.2 +vv                               vvvv
      |  vvv                      vvvvvv
      |tt   vvvv           vvvvvvv
      |  ttt    vvv  vvvvvv
      |     tt     vv
      |       ttt
0.545 +          ttt
      |             tttt
      |                 ttttt
      |                      ttttt
      |                           tttttt
    0 +                                 tttt
      +-------------------------------------
                   ^
       epoch 1                             4
       t training loss, v validation loss, *
       both, ^ the best evaluation"""


def test_a_picture_is_laid_out_like_this():
    assert characters.draw(CURVE, 44, ascii_only=True) == PICTURE
    assert characters.draw(CURVE) == characters.draw(CURVE, 72, ascii_only=False)
    alone = Curve({"step": [1, 2], "val_loss": [1.0, 2.0]})
    assert characters.draw(alone).splitlines()[-1].strip() == "v validation loss, ^ the best evaluation"


def test_the_best_evaluation_is_marked():
    lines = characters.draw(CURVE, 60, ascii_only=True).splitlines()
    start = lines[0].index("+") + 1
    assert lines[13].index("^") - start == round((60 - start - 1) / 3)


def test_the_best_evaluation_is_marked_below_the_last_column_where_it_is_the_last():
    falls = Curve({"step": [1, 2, 3], "val_loss": [3.0, 2.0, 1.0]})
    floor, mark = characters.draw(falls, 60, ascii_only=True).splitlines()[12:14]
    assert (len(floor), len(mark)) == (60, 60)


def test_a_column_shows_the_mean_of_what_falls_in_it():
    noisy = Curve({"step": list(range(10_000)), "train_loss": [0.0, 2.0] * 5000, "val_loss": [1.0] * 10_000})
    heights = marks(characters.draw(noisy, 60, ascii_only=True))
    assert {row for (row, _), mark in heights.items() if mark in "tv*"} <= {5, 6}  # the middle of 12 rows


@pytest.mark.parametrize("width", [1, 40, 80, 500])
def test_a_picture_keeps_its_width(width):
    for ascii_only in (False, True):
        lines = characters.draw(CURVE, width, ascii_only=ascii_only).splitlines()
        assert max(map(len, lines[:13])) == min(max(width, 40), 120)
        assert max(map(len, lines)) <= 120
        assert "".join(lines).isascii() == ascii_only


@pytest.mark.parametrize(
    ("losses", "log"), [([19.9, 1.0, 1.0], False), ([20.0, 1.0, 1.0], True), ([1.0, 1.0, 20.0], False)]
)
def test_an_axis_is_logarithmic_where_the_beginning_would_flatten_the_rest(losses, log):
    shown = plot.plot_of(Curve({"step": [1, 2, 3], "train_loss": losses, "val_loss": [1.0, 1.0, 1.0]}))
    assert shown.log == log
    for share in (0.0, 0.3, 1.0):
        assert float(shown.up(shown.at(share))) == pytest.approx(share)
    assert ("The axis of the loss is logarithmic." in shown.sentences) == log


@pytest.mark.parametrize(
    ("train", "val", "log"),
    [
        ([20.0, 1.0, 1.0], [1.0, 1.0, 1.1], False),  # the higher end counts
        ([20.0, 1.0, 0.0], [1.0, 1.0, 1.0], False),  # 0 has no logarithm
        ([20.0, 0.5, 1.0], [1.0, 1.0, 1.0], True),
    ],
)
def test_an_axis_is_logarithmic_by_the_higher_end_and_above_0(train, val, log):
    assert plot.plot_of(Curve({"step": [1, 2, 3], "train_loss": train, "val_loss": val})).log == log


def test_accuracies_have_no_logarithm_and_do_not_diverge():
    fell = Curve({"step": [1, 2, 3], "train_accuracy": [0.9, 0.04, 0.04], "val_accuracy": [0.9, 0.04, math.nan]})
    shown = plot.plot_of(fell)
    assert (shown.log, shown.diverged) == (False, None)
    assert shown.sentences == ("The highest validation accuracy, 0.9, is at step 1.",)


def test_a_peak_between_two_columns_keeps_its_height():
    steps = [0, 10, 11, 100]
    peak = characters.draw(Curve({"step": steps, "train_loss": [0.0, 1.0, 0.0, 0.0]}), 40, ascii_only=True)
    assert "t" in peak.splitlines()[0]


def test_losses_below_zero_and_equal_ones_are_drawn():
    for losses in ([-0.5, -0.9, -0.8], [0.0, 0.0, 0.0], [1e300, -1e300, 0.0]):
        curve = Curve({"step": [1, 2, 3], "train_loss": losses, "val_loss": losses})
        assert characters.draw(curve)
        ET.fromstring(svg.draw(curve))


def test_a_divergence_is_said_and_not_drawn():
    curve = Curve({"step": [1, 2, 3], "train_loss": [1.0, 2.0, math.nan], "val_loss": [1.0, 1.5, math.nan]})
    shown = plot.plot_of(curve)
    assert shown.diverged == 3
    assert shown.span == (1, 3)
    assert "From step 3 on a loss is not finite, and is not drawn." in shown.sentences
    assert plot.plot_of(CURVE).diverged is None
    columns = {"train_loss": [1.0, 2.0, math.nan, math.nan], "val_loss": [1.0, 1.5, 1.7, math.nan]}
    assert plot.plot_of(Curve({"step": [1, 2, 3, 4], **columns})).diverged == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999.5, "1,000"),
        (999.4, "999"),
        (1000.4, "1,000"),
        (123456.7, "123,457"),
        (12.0, "12"),
        (999999999.0, "999,999,999"),
        (1e9, "1e+09"),
        (1.5, "1.5"),
        (-2000.4, "-2,000"),
        (0.0, "0"),
    ],
)
def test_a_number_is_written_as_people_read_it(value, text):
    assert plot.number(value) == text


def test_accuracies_are_drawn_where_there_are_no_losses():
    curve = Curve({"step": [1, 2, 3], "train_accuracy": [0.5, 0.7, 0.9], "val_accuracy": [0.5, 0.6, 0.55]})
    assert plot.plot_of(curve).sentences == ("The highest validation accuracy, 0.6, is at step 2.",)
    assert "t training accuracy, v validation accuracy" in characters.draw(curve)
    assert characters.draw(Curve({"step": [1, 2]})) == svg.draw(Curve({"step": [1, 2]})) == ""


def test_a_thinned_line_keeps_its_peaks():
    rng = np.random.default_rng(0)
    points = np.stack([np.arange(50_000.0), rng.normal(size=50_000)], axis=1)
    points[31_234, 1] = 99.0
    few = plot.thinned(points, 1000)
    assert len(few) <= 1000
    assert few[:, 1].max() == 99.0
    assert few[:, 1].min() == points[:, 1].min()
    assert (few[0] == points[0]).all()
    assert (few[-1] == points[-1]).all()
    assert (np.diff(few[:, 0]) > 0).all()
    assert plot.thinned(points[:1000], 1000) is not few


def test_the_svg_is_drawn_to_scale():
    root = ET.fromstring(svg.draw(CURVE))
    space = "{http://www.w3.org/2000/svg}"
    lines = root.findall(f"{space}polyline")
    train, val = ([tuple(map(float, pair.split(","))) for pair in line.get("points").split()] for line in lines)
    top, floor = svg.TOP, svg.HEIGHT - svg.BOTTOM
    for points, losses in ((train, LOSSES["train_loss"]), (val, LOSSES["val_loss"])):
        for k, ((x, y), loss) in enumerate(zip(points, losses, strict=True)):
            assert x == pytest.approx(svg.LEFT + k / 3 * (svg.WIDTH - svg.LEFT - svg.RIGHT), abs=0.06)
            assert y == pytest.approx(floor - loss / 1.2 * (floor - top), abs=0.06)
    circle = root.find(f"{space}circle")
    assert (float(circle.get("cx")), float(circle.get("cy"))) == val[1]
    assert root.find(f"{space}title").text == "Training loss and validation loss by epoch"
    assert "0.8, is at epoch 2" in root.find(f"{space}desc").text


DRAWN = """\
<line class="axis" x1="56" x2="480" y1="272.0" y2="272.0"/>
<text x="48" y="276.0" text-anchor="end">0</text>
<line class="axis" x1="56" x2="480" y1="208.0" y2="208.0"/>
<text x="48" y="212.0" text-anchor="end">0.3</text>
<line class="axis" x1="56" x2="480" y1="144.0" y2="144.0"/>
<text x="48" y="148.0" text-anchor="end">0.6</text>
<line class="axis" x1="56" x2="480" y1="80.0" y2="80.0"/>
<text x="48" y="84.0" text-anchor="end">0.9</text>
<line class="axis" x1="56" x2="480" y1="16.0" y2="16.0"/>
<text x="48" y="20.0" text-anchor="end">1.2</text>
<text x="56.0" y="290" text-anchor="start">1</text>
<text x="480.0" y="290" text-anchor="end">4</text>
<text x="268.0" y="310" text-anchor="middle">epoch</text>
<polyline class="train" points="56.0,58.7 197.3,165.3 338.7,229.3 480.0,272.0"/>
<text class="train" x="488.0" y="276.0">training loss</text>
<polyline class="val" points="56.0,16.0 197.3,101.3 338.7,58.7 480.0,16.0"/>
<text class="val" x="488.0" y="20.0">validation loss</text>
<line class="axis" x1="197.3" x2="197.3" y1="16" y2="272" stroke-dasharray="4 4"/>
<circle class="val" cx="197.3" cy="101.3" r="5"/>
</svg>"""


def test_the_svg_is_laid_out_like_this():
    drawn = svg.draw(CURVE)
    assert 'viewBox="0 0 600 320" width="600"' in drawn
    assert drawn[drawn.index("<line") :] == DRAWN


def test_a_long_line_of_the_svg_is_thinned():
    losses = np.random.default_rng(0).random(50_000).tolist()
    long = Curve({"step": list(range(50_000)), "train_loss": losses, "val_loss": losses[:]})
    drawn = svg.draw(long)
    assert [
        len(element.get("points").split()) for element in ET.fromstring(drawn) if element.tag.endswith("polyline")
    ] == [1000] * 2
    assert len(drawn) < 30_000


def test_the_names_of_the_lines_do_not_cover_each_other():
    curve = Curve({"step": [1, 2], "train_loss": [0.5, 1.0], "val_loss": [0.6, 1.0]})
    names = [
        element
        for element in ET.fromstring(svg.draw(curve))
        if element.get("class") in ("train", "val") and element.text
    ]
    heights = [float(name.get("y")) for name in names]
    assert len(heights) == 2
    assert abs(heights[0] - heights[1]) == 16


# --- the report ---


def test_the_answer_stands_first_in_bold():
    sentence = "On this data the advice did harm. Keep the run as it was, with its best checkpoint."
    text = report(CURVE, advise(), **TOLD, answer=sentence)
    assert text.replace("\\", "").splitlines()[2:5] == ["## Answer", "", f"**{sentence}**"]
    page = report(CURVE, advise(), **TOLD, answer=sentence, format="html")
    assert page.index(f'<h2>Answer</h2>\n<p class="lead">{sentence}</p>') < page.index("<h2>The run</h2>")
    assert "## Answer" not in report(CURVE, advise(), **TOLD)


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_report_holds_everything(form):
    advice = advise()
    text = report(
        CURVE,
        advice,
        **TOLD,
        n_features=64,
        image_shape=(8, 8),
        format=form,
        title="Our run",
        notes=["From a.csv."],
        verdict="Lower in 5 of 5 seeds.",
        proof=[["settings", "test loss"], ["none", 0.512345]],
    )
    shown = "".join(Page(text).text) if form == "html" else text.replace("\\", "")
    for sentence in (
        *advice.why,
        *advice.next_steps,
        "From a.csv.",
        "Read 4 rows.",
        "Lower in 5 of 5 seeds.",
        "Our run",
    ):
        assert sentence in shown
    for reason in advice.reasons:
        assert reason.field.replace("_", " ") in shown
        assert reason.sentence in shown
        assert reason.source in shown
    for field, (low, high) in advice.ranges.items():
        assert f"{getattr(advice.settings, field):g}" in shown
        assert (f"{low:g} to {high:g}" in shown) == (low < high)
    assert "0.5123" in shown
    assert advice.diagnosis.capitalize() in shown
    code = reglab.export.to_code(
        "PyTorch",
        advice.settings,
        reglab.Training(batch_size=32, max_steps=round(advice.steps), eval_steps=4),
        n_features=64,
        n_classes=10,
        task="image",
        image_shape=(8, 8),
    )
    assert code.rstrip() in ("".join(Page(text).text) if form == "html" else text)
    assert ("<svg" in text) == (form == "html")
    assert ("v validation loss" in text) == (form == "markdown")


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_report_on_a_run_needs_nothing_told_beside_it(form):
    training = reglab.Training(max_steps=60, batch_size=16, optimizer="sgd", hidden_sizes=(24,))
    settings = [reglab.Settings(), reglab.Settings(learning_rate=0.05, momentum=0.5)]
    run = reglab.fit("digits", settings, training, n_train=60, n_val=40, seeds=1)
    advice = reglab.recommend(curve=run, setting=1)
    facts = {"task": "image", "n_classes": 10, "n_features": 64, "image_shape": (8, 8), "optimizer": "sgd"}
    facts |= {"learning_rate": 0.05, "batch_size": 16}
    by_hand = report(reglab.strategy.curve_of(run, 1), advice, training=training, **facts, format=form)
    assert report(run, advice, setting=1, format=form) == by_hand
    assert report(run, advice, format=form) != by_hand
    said = "n_classes must be left out or what the run says of itself, 10, got 9"
    assert refusal(report, run, advice, n_classes=9) == said
    assert refusal(report, CURVE, advise(), setting=1) == "setting must be at most 0, got 1"


def test_the_page_of_a_report_is_whole_and_asks_nobody():
    text = report(CURVE, advise(), **TOLD, image_shape=(8, 8), format="html")
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>\n")
    assert {"html", "head", "title", "body", "h1", "h2", "table", "svg", "pre"} <= set(page.tags)
    assert not {"script", "img", "link", "iframe", "object", "embed", "a", "base", "form"} & set(page.tags)
    assert not {"src", "href", "srcset", "action", "data", "style"} & {name for name, _ in page.attributes}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not re.search(r"url\(|@import", text)
    (policy,) = [value for name, value in page.attributes if name == "content" and "default-src" in value]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_what_comes_from_outside_is_text_in_a_page():
    curve = Curve(LOSSES, notes=[BAD])
    text = report(curve, advise(curve), title=BAD, notes=[BAD], verdict=BAD, proof=[[BAD]], **TOLD, format="html")
    page = Page(text)
    assert not {"script", "img", "a"} & set(page.tags)
    assert "\x1b" not in text
    assert "\u202e" not in text
    # As text: the title twice, the note that is said once, the verdict, and the proof.
    assert "".join(page.text).count("<script>alert(1)</script>") == 5


def test_what_comes_from_outside_is_text_in_markdown():
    curve = Curve(LOSSES, notes=[BAD])
    text = report(curve, advise(curve), title=BAD, notes=[BAD], verdict=BAD, proof=[[BAD, "\n# b"]], **TOLD)
    before_code = text[: text.index("## In PyTorch")]
    assert not re.search(r"(?<!\\)<", before_code)
    assert not re.search(r"(?<!\\)!\\?\[|(?<!\\)\]\(", before_code)
    assert "https:" not in before_code
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert {line for line in before_code.splitlines() if line.startswith("#")} == {
        before_code.splitlines()[0],
        "## The run",
        "## What was read",
        "## Diagnosis",
        "## Not checked",
        "## Settings to try",
        "## The proof",
        "## Next",
    }
    rows = [line for line in before_code.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6, 3}


def test_a_fence_is_longer_than_any_in_the_code():
    from reglab.reporting.markup import _fenced

    assert _fenced("a\n```\nb", "text").splitlines()[0] == "````text"
    assert _fenced("a", "text").splitlines()[0] == "```text"


def test_settings_chosen_by_hand_are_told_from_the_advice():
    advice = advise()
    chosen = reglab.Settings(**{**vars(advice.settings), "augment": 0.9, "dropout": 0.25})
    shown = {setting.name: setting for setting in parts.settings_of(advice, chosen)}
    assert shown["augment"].value == "0.9"
    assert shown["augment"].reasons[0] == ("Chosen by hand: the advice is 0.5.", "choice")
    assert shown["dropout"] == parts.Setting(
        "dropout", "0.25", "", (("Chosen by hand: the advice does not set it.", "choice"),)
    )
    assert [setting.name for setting in parts.settings_of(advice)] == [
        field.replace("_", " ") for field in vars(advice.settings) if field in advice.ranges
    ]
    assert "dropout" in report(CURVE, advice, chosen, **TOLD, image_shape=(8, 8))


def test_without_a_curve_there_is_no_picture():
    advice = reglab.recommend(200, 0.001, 0.45, n_classes=10, steps=1200)
    text = report(None, advice, n_classes=10, notes=["Told: 200 rows."])
    assert "## The run" not in text
    assert "Told: 200 rows." in text
    assert "## Diagnosis" in text


# --- the code, and what is said beside it ---


def test_what_was_not_told_is_said_beside_the_code():
    facts = {"n_classes": 10, "task": "tabular"}
    said = " ".join(
        parts.code_of("Keras", advise(task="tabular"), CURVE, **facts, learning_rate=1e-3, batch_size=32).notes
    )
    assert "Not told" not in said
    blank = reglab.recommend(None, 0.0, 1.2, curve=CURVE, learning_rate=None)
    code = parts.code_of("Keras", blank, CURVE)
    usual = "the learning rate 0.001, the batch size 32, the 1,000 steps"
    assert code.notes[1:] == (
        f"Not told, and reglab's own usual value in the code: {usual}.",
        "Without classes (n_classes) the code is that of regression.",
        "Its loss is half the mean squared error of targets with mean 0 and variance 1: times twice the target's "
        "variance it is the mean squared error in the target's units.",
    )
    facts = {"learning_rate": 1e-3, "batch_size": 32, "target_variance": 5930.0}
    assert "times 11,860, twice the variance that was told" in parts.code_of("Keras", blank, **facts).notes[-1]
    assert "times 11,860" in report(None, blank, target_variance=5930)
    with pytest.raises(ValueError, match="target_variance"):
        report(None, blank, target_variance="large")


def test_the_code_of_a_run_that_diverged_has_a_tenth_of_its_rate():
    curve = Curve({"step": [1, 2], "train_loss": [1.0, math.inf], "val_loss": [1.0, math.inf]}, certain=True)
    advice = advise(curve, learning_rate=0.5)
    code = parts.code_of("PyTorch", advice, curve, n_classes=10, learning_rate=0.5)
    assert "learning_rate = 0.05" in code.text
    assert "learning rate" not in " ".join(code.notes)


@pytest.mark.parametrize(
    ("framework", "written"),
    [("PyTorch", "torch.optim.SGD("), ("Keras", "keras.optimizers.SGD("), ("scikit-learn", 'solver="sgd"')],
)
def test_the_code_of_a_run_with_sgd_is_that_of_sgd_with_its_coupled_decay(framework, written):
    advice = advise(task="tabular", optimizer="sgd", learning_rate=0.1)
    assert advice.settings.weight_decay > 0
    facts = {"n_classes": 10, "learning_rate": 0.1, "batch_size": 32, "optimizer": "sgd"}
    code = parts.code_of(framework, advice, CURVE, **facts)
    assert written in code.text
    assert "AdamW" not in code.text
    coupled = reglab.strategy.coupled_decay(advice.settings.weight_decay, 0.9)
    assert coupled == pytest.approx(advice.settings.weight_decay / 10, rel=0.06)
    assert any(f"is l2 {coupled:g} at momentum 0.9" in note for note in code.notes)
    assert f"{coupled / 2:g}" in code.text if framework == "Keras" else f"{coupled:g}" in code.text
    assert "1 - learning_rate *" not in code.text  # no second decay
    assert code.text in report(CURVE, advice, framework=framework, **facts)


def test_a_log_of_accuracies_is_of_classes():
    right = Curve(
        {"step": [1, 2, 3], "train_accuracy": [0.5, 0.9, 0.99], "val_accuracy": [0.5, 0.6, 0.6]}, unit="epoch"
    )
    code = parts.code_of("PyTorch", reglab.recommend(500, curve=right), right)
    assert "nn.Linear(64, 2)" in code.text
    assert any("predicts classes: say how many (n_classes)" in note for note in code.notes)
    assert not any("regression" in note for note in code.notes)
    block = parts.code_of("PyTorch", reglab.recommend(500, curve=right, n_classes=7), right, n_classes=7)
    assert "nn.Linear(64, 7)" in block.text


@pytest.mark.parametrize("columns", [("val_accuracy",), ("train_loss", "val_loss", "train_accuracy")])
def test_one_column_of_accuracies_is_enough_for_classes(columns):
    curve = Curve({"step": [1, 2, 3], **{name: [0.5, 0.6, 0.7] for name in columns}}, unit="epoch")
    notes = parts.code_of("PyTorch", reglab.recommend(500, curve=CURVE), curve).notes
    assert any("predicts classes: say how many (n_classes); the code has 2." in note for note in notes)


@pytest.mark.parametrize(("last", "steps"), [(1, 1), (2, 2)])
def test_the_code_has_the_steps_of_the_run(last, steps):
    curve = Curve({"step": [last / 2, last], "train_loss": [1.0, 0.5], "val_loss": [1.0, 0.9]}, certain=True)
    advice = reglab.recommend(10, curve=curve, n_classes=10, batch_size=32)
    training = reglab.Training(batch_size=32, max_steps=steps, eval_steps=2)
    written = reglab.export.to_code("PyTorch", advice.settings, training, n_features=None, n_classes=10)
    assert parts.code_of("PyTorch", advice, curve, n_classes=10).text == written


def test_rates_by_layer_and_a_reason_without_a_range_are_shown():
    chosen = reglab.Settings(dropout=(0.2, 0.5))
    shown = {setting.name: setting.value for setting in parts.settings_of(advise(), chosen)}
    assert shown["dropout"] == "0.2, 0.5"
    curve = Curve({"step": [1, 2], "train_loss": [1.0, math.inf], "val_loss": [1.0, math.inf]}, certain=True)
    diverged = {setting.name: setting for setting in parts.settings_of(advise(curve, learning_rate=0.01))}
    assert diverged["learning rate"].value == "0.001"
    assert diverged["learning rate"].reasons


def test_what_changes_is_said_of_a_run_that_had_something_on():
    for current, said in ((None, False), (reglab.Settings(), False), (reglab.Settings(dropout=(0.0, 0.2)), True)):
        shown = {part.title: part.sentences for part in parts.parts_of(advise(current=current), CURVE)}
        assert ("What changes" in shown) == said
    assert any(sentence.startswith("Dropout: ") or "dropout" in sentence for sentence in shown["What changes"])


def test_a_run_is_told_with_what_its_picture_shows():
    for curve, sentences in ((CURVE, plot.plot_of(CURVE).sentences), (Curve({"step": [1, 2]}), ())):
        (run,) = [part for part in parts.parts_of(advise(), curve) if part.title == "The run"]
        assert run.sentences == sentences


def test_a_proof_is_a_verdict_or_its_numbers():
    for shown in ({"verdict": "Lower."}, {"proof": [["loss"], ["0.5"]]}):
        (proof,) = [part for part in parts.parts_of(advise(), CURVE, **shown) if part.title == "The proof"]
        assert (proof.lead, proof.table) == (shown.get("verdict", ""), tuple(map(tuple, shown.get("proof", ()))))


def test_a_page_has_the_colours_of_a_picture_only_where_it_has_one():
    assert "svg.curve" in report(CURVE, advise(), **TOLD, image_shape=(8, 8), format="html")
    assert "svg.curve" not in report(None, advise(), **TOLD, image_shape=(8, 8), format="html")


def test_the_least_facts_of_a_report_are_taken():
    advice = reglab.recommend(500, curve=CURVE)
    assert report(CURVE, advice, batch_size=1, learning_rate=0.5, target_variance=0.5)
    with pytest.raises(ValueError, match="learning_rate must be"):
        report(CURVE, advice, learning_rate=-0.1)


def test_one_value_is_no_range_to_search():
    advice = reglab.recommend(500, curve=CURVE, batch_size=32, n_classes=10, current=reglab.Settings(dropout=0.2))
    by_name = {setting.name: setting for setting in parts.settings_of(advice)}
    assert by_name["dropout"].search == ""
    assert " to " in by_name["weight decay"].search


def test_the_optimizer_of_the_report_is_checked():
    with pytest.raises(ValueError, match="optimizer must be"):
        report(CURVE, advise(), optimizer="lion")


def test_augmentation_is_left_out_of_the_code_where_it_cannot_be_written():
    advice = advise()
    assert advice.settings.augment > 0
    code = parts.code_of("PyTorch", advice, CURVE, task="image", n_classes=10)
    assert "Augmentation is left out of the code: it needs the shape of an image (image_shape)." in code.notes
    assert "def augment" not in code.text
    whole = parts.code_of("PyTorch", advice, CURVE, task="image", n_classes=10, image_shape=(8, 8))
    assert "def augment" in whole.text
    assert "Augmentation" not in " ".join(whole.notes)


def test_drop_path_gets_a_network_with_blocks_to_skip():
    code = parts.code_of("PyTorch", advise(task="tabular"), CURVE, reglab.Settings(drop_path_rate=0.1), n_classes=10)
    assert "drop_path=0.1" in code.text
    assert "Drop path skips residual blocks: the network of the code has them." in code.notes


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_settings_without_code_are_said_and_leave_the_rest_of_the_report(form):
    chosen = reglab.Settings(augment=0.1)
    text = report(CURVE, advise(task="tabular"), chosen, n_classes=10, format=form)
    assert "There is no code of these settings: augment must be 0 for tabular rows, got 0.1." in text
    assert "import torch" not in text
    assert "Strong overfit" in text
    assert text.count("```") == (2 if form == "markdown" else 0)
    assert "<pre>" not in text


def test_trees_have_no_code():
    rounds = Curve(LOSSES, unit="round")
    assert parts.code_of("PyTorch", advise(rounds), rounds, n_classes=2) is None
    assert "## In PyTorch" not in report(rounds, advise(rounds), n_classes=2)


@pytest.mark.parametrize("task", ["tabular", "image", "signal", "text"])
@pytest.mark.parametrize("framework", list(parts.CODE.values()))
def test_the_code_of_every_task_is_python(task, framework):
    code = parts.code_of(framework, advise(task=task, objective="accuracy"), CURVE, task=task, n_classes=10)
    compile(code.text, "code", "exec")


def test_the_steps_of_a_long_run_are_those_that_can_be_trained():
    long = Curve({**LOSSES, "step": [1, 2, 3, 10**9]}, certain=True)
    assert "5000000" in parts.code_of("PyTorch", advise(long), long, task="image", n_classes=10).text


# --- text from outside ---


def test_nothing_steers_a_terminal():
    steering = "".join(map(chr, [*range(32), *range(127, 160), 0x202E, 0x2066, 0x200B, 0xD800, 0xFEFF]))
    assert set(outside.plain(steering)) == {"\t", "\n", "\ufffd"}
    curve = Curve(LOSSES, notes=[BAD])
    text = terminal.as_text(parts.parts_of(advise(curve), curve))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert terminal.as_text(parts.parts_of(advise(curve), curve), ascii_only=True).isascii()


def test_the_columns_of_a_table_stand_below_each_other():
    assert terminal.table([["a", "longer"], ["12345", "b"]]) == ["a      longer", "12345  b"]
    text = terminal.as_text([parts.Part("The proof", table=(("rule", "loss"), ("none", "0.5")))])
    assert text == "The proof\n  rule  loss\n  none  0.5\n"


def test_a_setting_says_from_where_to_where_to_search_where_it_is_a_range():
    for search, line in (("0 to 1", "  augment 0.5  (search 0 to 1)"), ("", "  augment 0.5")):
        setting = parts.Setting("augment", "0.5", search, (("Copies stand in.", "a paper"),))
        lines = terminal.as_text([parts.Part("Settings", settings=(setting,))]).splitlines()
        assert lines == ["Settings", line, "      Copies stand in. [a paper]"]


def test_a_sentence_is_wrapped_at_eighty_characters_and_not_within_a_hyphenated_word():
    full = "a" * 70 + " " + "b" * 7  # and two of the margin
    assert terminal.as_text([parts.Part("Next", sentences=(full,))]) == f"Next\n  {full}\n"
    assert len(terminal.as_text([parts.Part("Next", sentences=(full + "b",))]).splitlines()) == 3
    hyphen = "a" * 70 + " one-sided"
    assert terminal.as_text([parts.Part("Next", sentences=(hyphen,))]).splitlines()[2] == "  one-sided"


def test_the_name_of_a_column_cannot_leave_its_sentence():
    name = "train_loss \x1b " + "long " * 20
    log = read_log({"epoch": [1, 2], name: [1.0, 0.5], "val_loss": [1.0, 2.0]})
    curve = log.curve(roles={"step": "epoch", "train_loss": name, "val_loss": "val_loss"})
    text = terminal.as_text(parts.parts_of(advise(curve), curve), 40)
    assert "train_loss \ufffd" in text
    assert max(map(len, text.splitlines())) <= 40


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"format": "pdf"}, "format must be one of markdown, html, got 'pdf'"),
        ({"framework": "JAX"}, "framework must be one of PyTorch, Keras, scikit-learn, got 'JAX'"),
        ({"proof": [["a", "b"], ["c"]]}, "proof must have rows of one length"),
        ({"proof": [["a"]] * 201}, "proof must have at most 200 values, got more"),
        ({"title": 3}, "title must be text"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
    ],
)
def test_a_report_says_what_was_wrong(wrong, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        report(CURVE, advise(), **wrong)


def test_every_cell_of_a_table_says_under_which_head_it_stands():
    """A phone has no room for the columns: each cell stands on a line of its own, behind the name of its column."""
    curve = Curve({"step": [1, 2, 3], "train_loss": [0.9, 0.4, 0.1], "val_loss": [1.0, 0.9, 1.2]}, unit="epoch")
    advice = reglab.recommend(500, curve=curve, n_classes=10, batch_size=32)
    proof = [("network", "test loss"), ("<b>", 0.5)]
    html = report(curve, advice, n_classes=10, format="html", proof=proof, verdict="It helped.")
    assert '<td data-of="network">&lt;b&gt;</td><td data-of="test loss">0.5</td>' in html
    assert '<td data-of="source">' in html
    assert "<td>" not in html
