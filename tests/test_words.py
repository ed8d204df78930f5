"""What the sentences say of measured numbers: whom they call better, what they cannot tell, how numbers are written."""

import math
import re

import pytest

from pages.ui import glossary, pairs, words


def test_what_the_seeds_cannot_tell_is_said_so():
    comparison = words.compare([0.30, 0.30, 0.30], [0.25, 0.36, 0.31], "test loss", with_="dropout")
    assert comparison.unsure
    assert comparison.sentence.startswith(
        "**Three seeds cannot tell** whether with dropout, test loss changed: **0.300**"
    )
    # All five higher, and yet the interval holds zero: that is no harm found, nor none.
    higher = words.compare([0.30] * 5, [0.3001, 0.3001, 0.3001, 0.3001, 0.40])
    assert higher.unsure
    assert "Five seeds cannot tell" in higher.sentence
    assert "higher in **5 of 5** seeds" in higher.sentence
    assert not words.compare([0.40, 0.36, 0.38], [0.30, 0.27, 0.28]).unsure
    assert not words.compare([0.3, 0.3], [0.3, 0.3]).unsure  # equal: more seeds would say the same
    assert words.compare([0.3, 0.3], [0.25, 0.35]).unsure  # equal on average alone


def test_better_is_better_than_guessing_too():
    better = words.compare([4.0, 4.1, 4.2], [3.0, 3.1, 3.2], guess=math.log(10))
    assert better.verdict == "none"
    assert better.sentence.endswith("That is no better than a constant guess, which comes to 2.303.")
    assert words.compare([4.0, 4.1, 4.2], [2.0, 2.1, 2.2], guess=math.log(10)).verdict == "better"
    assert words.compare([2.0, 2.1, 2.2], [3.0, 3.1, 3.2], guess=math.log(10)).verdict == "worse"
    right = words.compare([0.05, 0.06, 0.05], [0.09, 0.10, 0.09], "accuracy", lower_is_better=False, guess=0.1)
    assert right.verdict == "none"


def test_nothing_that_diverges_in_a_seed_is_better():
    some = words.compare([math.nan] * 4 + [0.5], [0.4, 0.4, 0.4, math.nan, 0.4])
    assert some.verdict == "none"
    assert words.compare([math.nan] * 4 + [0.5], [0.4, 0.4, 0.4, 0.4, 0.4]).verdict == "better"


def test_where_no_seed_can_be_paired_what_diverges_or_guesses_is_not_better_either():
    lost = [math.nan] * 5
    comparison = words.compare(lost, [math.nan] * 4 + [1.632], guess=math.log(2))
    assert comparison.verdict == "none"
    assert (
        "where it ended at **1.632**. That is no better than a constant guess, which comes to 0.693."
        in comparison.sentence
    )
    assert words.compare(lost, [0.9] * 5, guess=math.log(2)).verdict == "none"
    assert words.compare(lost, [0.2] * 5, guess=math.log(2)).verdict == "better"
    assert words.compare(lost, lost).verdict == "none"
    assert words.compare([0.2] * 4 + [math.nan], [math.nan] * 4 + [0.2]).verdict == "worse"


def test_one_seed_that_is_left_of_several_is_not_called_the_one_that_was_run():
    comparison = words.compare([0.3] * 5, [math.nan] * 4 + [1.6])
    assert "in the one seed that did not diverge: more seeds would tell noise apart" in comparison.sentence
    assert "in the one seed that was run" in words.compare([0.3], [0.2]).sentence


def test_no_minus_stands_before_a_zero():
    comparison = words.compare([0.3000, 0.3001, 0.3002], [0.299999, 0.300099, 0.300199])
    assert "paired difference 0.000 ± 0.000" in comparison.sentence


def test_differences_of_shares_are_points():
    comparison = words.compare([0.90, 0.91, 0.90], [0.95, 0.96, 0.95], "accuracy", lower_is_better=False, percent=True)
    assert "paired difference +5.0 ± 0.0 points, 95 % interval" in comparison.sentence


def test_the_best_of_a_grid_is_chosen_on_validation_and_judged_on_test():
    validation = [[0.40, 0.42, 0.41], [0.30, 0.31, 0.32], [0.35, 0.36, 0.35]]
    test = [[0.40, 0.42, 0.41], [0.45, 0.47, 0.46], [0.20, 0.21, 0.20]]  # the third would be best on test rows
    choice = words.choose(["off", "0.1", "0.3"], validation, test)
    assert choice.level == 1
    assert choice.compared.verdict == "worse"
    assert choice.compared.after == pytest.approx(0.46)
    assert "On test rows, which had no part in that choice, test loss rose" in choice.sentence


def test_a_member_that_diverged_in_a_seed_is_not_chosen():
    validation = [[0.40, 0.42], [0.10, math.nan]]
    assert words.choose(["off", "0.1"], validation, validation).level == 0
    nothing = words.choose(["off", "0.1"], [[math.nan] * 2] * 2, [[math.nan] * 2] * 2)
    assert nothing.sentence == "In every member of the scale a seed diverged."


def test_where_the_baseline_is_lowest_it_is_chosen():
    choice = words.choose(["off", "0.1"], [[0.2, 0.2], [0.3, 0.3]], [[0.2, 0.2], [0.3, 0.3]])
    assert choice.level == 0
    assert choice.sentence.endswith("going without is chosen.")


def test_a_value_is_on_a_side_only_where_the_seeds_tell():
    sentence = ("the network", "too timid", "too confident")
    assert words.side([1.2, 1.3, 1.25], 1.0, *sentence) == "the network is too confident"
    assert words.side([0.7, 1.5, 0.9, math.nan], 1.0, *sentence).startswith(
        "three seeds cannot tell whether the network"
    )
    assert words.side([math.nan], 1.0, *sentence) == "training diverged in every seed"


def test_a_sentence_within_another_begins_small():
    validation = [[0.40, 0.42, 0.41], [0.30, 0.31, 0.32]]
    unsure = words.choose(["off", "0.1"], validation, [[0.4, 0.4, 0.4], [0.3, 0.5, 0.41]])
    assert "in that choice, **three seeds cannot tell**" in unsure.sentence
    listed = words.choose(["off", "crop"], validation[::-1], validation, what="policy", of="the list")
    assert listed.sentence.endswith("going without is chosen.")
    comparison = words.compare([0.4, 0.4, 0.4], [0.3, 0.3, 0.31])
    here, elsewhere = (words.with_choice(comparison, unsure, level) for level in (1, 0))
    assert here.sentence.endswith(". Mean validation loss is lowest here too.")
    assert elsewhere.sentence == f"{comparison.sentence} {unsure.sentence}"
    assert (comparison.unsure, here.unsure, elsewhere.unsure) == (
        False,
        False,
        True,
    )  # more seeds may tell of the choice
    judged = words.with_choice(comparison, unsure, between="Between.", after="After.")  # though it may be the same one
    assert judged.sentence == f"{comparison.sentence} Between. {unsure.sentence} After."
    assert judged.unsure


def test_counts_are_written_with_their_nouns():
    assert [words.times(n) for n in (1, 2, 3)] == ["once", "twice", "3 times"]
    assert [words.plural(n, "strength") for n in (0, 1, 5)] == ["0 strengths", "1 strength", "5 strengths"]


def test_two_conditions_are_named_where_without_and_with_it_do_not_fit():
    rows = ("with 400 rows", "with 50")
    sure = words.compare([0.1, 0.1, 0.1], [0.3, 0.31, 0.3], "what it takes off", between=rows).sentence
    assert sure.startswith(
        "What it takes off rose from **0.100** with 400 rows to **0.303** with 50, in **3 of 3** seeds"
    )
    unsure = words.compare([0.1, 0.1, 0.1], [0.0, 0.3, 0.2], "what it takes off", between=rows).sentence
    assert "changed: **0.100** with 400 rows, **0.167** with 50, higher in" in unsure
    lost = words.compare([0.1, 0.1, math.nan], [0.3, 0.31, 0.3], "the loss", between=rows).sentence
    assert "diverged in 1 of 3 seeds with 400 rows and in 0 of 3 with 50;" in lost


def test_a_choice_names_the_setting_that_is_judged():
    test = [[0.5, 0.5, 0.5], [0.4, 0.41, 0.42], [0.6, 0.6, 0.6]]
    choice = words.choose(["off", "0.1", "0.2"], test, test, what="p")
    assert "that choice, test loss fell from **0.500** to **0.410** at p 0.1, in **3 of 3** seeds" in choice.sentence
    wide = [[0.5, 0.5, 0.5], [0.4, 0.41, 0.62]]
    assert (
        "**0.500** without, **0.477** at p 0.1, lower"
        in words.choose(["off", "0.1"], test[:2], wide, what="p").sentence
    )


def test_a_difference_that_is_told_does_not_read_as_zero():
    comparison = words.compare([0.2292, 0.2293, 0.2291], [0.2289, 0.2289, 0.2287])
    assert comparison.verdict == "better"
    assert "fell by 0.00037 to **0.229**, in" in comparison.sentence
    assert "(paired difference −0.00037 ± 0.00014, 95 % interval)" in comparison.sentence


# --- what stands beside and within a sentence


def lefts(picture, kind):
    return [float(left) for left in re.findall(rf'class="{kind}" style="left:([\d.]+)%', picture)]


def test_paired_differences_are_drawn_a_dot_a_seed_with_their_interval_and_zero():
    comparison = words.compare([0.40, 0.36, 0.38], [0.30, 0.27, 0.31])
    picture = pairs.of(comparison)
    (zero,), (interval,), (middle,), seeds = (lefts(picture, kind) for kind in ("zero", "interval", "mean", "seed"))
    assert comparison.differences == pytest.approx((-0.10, -0.09, -0.07))
    assert seeds == sorted(seeds)
    assert max(seeds) < zero  # all three are lower
    assert middle == pytest.approx(sum(seeds) / 3, abs=0.1)
    (width,) = map(float, re.findall(r"width:([\d.]+)%", picture))
    assert interval + width / 2 == pytest.approx(middle, abs=0.1)
    assert width / 2 / (zero - middle) == pytest.approx(comparison.half_width / -comparison.difference, abs=0.02)
    assert "3 seeds: 3 below zero, 0 above it. The 95 % interval of the mean, −0.125 to −0.0487, leaves" in picture
    unsure = pairs.of(words.compare([0.30, 0.30, 0.30], [0.25, 0.36, 0.31]))
    assert "1 below zero, 2 above it" in unsure
    assert "holds zero" in unsure


def test_there_is_no_picture_where_there_is_nothing_to_see():
    for without, with_it in (([0.3], [0.2]), ([0.3, 0.3], [0.3, 0.3]), ([math.nan] * 3, [0.2] * 3)):
        assert pairs.of(words.compare(without, with_it)) == ""
    assert pairs.of(words.alone("Said alone.")) == ""


def test_a_seed_that_diverged_has_no_dot():
    picture = pairs.of(words.compare([0.4, 0.4, 0.4], [0.3, 0.31, math.nan]))
    assert len(lefts(picture, "seed")) == 2


def test_a_term_is_explained_where_it_stands_first_and_by_itself():
    explained = set()
    text = glossary.explain("In evaluation mode the regret is 0.1, the Regret and an evaluation.", explained)
    assert re.findall(r">([\w ]+)</abbr>", text) == ["evaluation mode", "regret", "evaluation"]
    assert text.count('tabindex="0"') == 3
    assert glossary.explain("the regret", explained) == "the regret"
    assert "<abbr" not in glossary.explain('<span class="GL">UPPER</span>', set())
    assert re.sub(r"<.*?>", "", text) == "In evaluation mode the regret is 0.1, the Regret and an evaluation."
