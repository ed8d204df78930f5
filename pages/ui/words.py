"""Sentences that the numbers write: plain functions of measured values."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reglab.reporting.student import t_975


@dataclass(frozen=True)
class Comparison:
    """What a technique did to one measure, paired by seed."""

    verdict: str  # "better", "worse", "none"; better is also better than guessing, and no seed diverged
    sentence: str  # Markdown
    before: float
    after: float
    difference: float  # mean of technique - baseline over the seeds
    half_width: float  # of its 95 % interval; infinite for a single seed
    unsure: bool = False  # the interval of the difference includes zero: more seeds may tell
    differences: tuple[float, ...] = ()  # technique - baseline of each seed that did not diverge


def compare(
    baseline: Sequence[float],
    technique: Sequence[float],
    what: str = "validation loss",
    *,
    with_: str = "",
    lower_is_better: bool = True,
    percent: bool = False,
    guess: float | None = None,
    between: tuple[str, str] = ("", ""),
) -> Comparison:
    """Say what the technique did to a measure, from its values per seed without and with it.

    It fell or rose only where the 95 % interval of the paired difference leaves zero out; else the sentence says that
    so many seeds cannot tell. Seeds that diverged, with it or without, are counted and left out of the means.

    percent: the values are shares; their differences are told in points. guess: what a constant guess comes to in this
    measure; what is no better than that is said to be so, and is never called better. between: what the two are called
    where "without" and "with it" do not fit, such as "with 400 rows" and "with 50".

    >>> comparison = compare([.40, .36, .38, .37, .39], [.30, .28, .29, .28, .30])
    >>> comparison.verdict, round(comparison.before, 3), round(comparison.after, 3)
    ('better', 0.38, 0.29)
    >>> print(comparison.sentence.partition(" (")[0])
    Validation loss fell from **0.380** to **0.290**, in **5 of 5** seeds
    """
    if len(baseline) != len(technique) or len(baseline) == 0:
        raise ValueError(f"need as many values with as without, at least one, got {len(technique)} and {len(baseline)}")
    show, unit = (_percent, " points") if percent else (_plain, "")
    opening = f"With {with_}, {what}" if with_ else what[0].upper() + what[1:]
    pairs = [(float(b), float(t)) for b, t in zip(baseline, technique, strict=True)]
    finite = [(b, t) for b, t in pairs if math.isfinite(b) and math.isfinite(t)]
    total = len(pairs)
    lost_without, lost_with = (sum(not math.isfinite(pair[side]) for pair in pairs) for side in (0, 1))
    first, second = between[0] or "without", between[1] or "with it"
    diverged = (
        f"training diverged in {lost_without} of {total} seeds {between[0] or 'without it'} and in {lost_with} of "
        f"{total} {second}"
    )
    if not finite:
        ends = [t for _, t in pairs if math.isfinite(t)]
        after = statistics.fmean(ends) if ends else math.nan
        reached = f", where it ended at **{show(after)}**" if ends else ""
        verdict = "worse" if lost_with > lost_without else "none" if lost_with else "better"
        sentence = f"{opening} cannot be compared seed by seed: {diverged}{reached}."
        if guess is not None and ends and ((after >= guess) if lower_is_better else (after <= guess)):
            verdict = "none" if verdict == "better" else verdict
            sentence += no_better_than_guess(show(guess))
        return Comparison(verdict, sentence, math.nan, after, math.nan, math.inf)

    n = len(finite)
    before, after = statistics.fmean(b for b, _ in finite), statistics.fmean(t for _, t in finite)
    differences = [t - b for b, t in finite]
    difference = statistics.fmean(differences)
    apart = _points if percent else _finely(difference)
    half = math.inf
    if n > 1:
        half = t_975(n) * statistics.stdev(differences) / math.sqrt(n)
    falls, rises = sum(d < 0 for d in differences), sum(d > 0 for d in differences)
    count = f"in **{falls if difference < 0 else rises} of {n}** seeds"

    if n == 1:
        certain = difference != 0
        verb, tail = (
            ("fell" if difference < 0 else "rose"),
            f"in the one seed that {'was run' if total == 1 else 'did not diverge'}: more seeds would tell noise apart",
        )
    else:
        certain = abs(difference) > half
        verb, tail = (
            ("fell" if difference < 0 else "rose"),
            f"{count} (paired difference {_signed(difference, apart)} ± {apart(half)}{unit}, 95 % interval)",
        )
    if difference == 0 and falls == rises == 0:
        sentence = f"{opening} stayed at **{show(before)}**, the same in every seed."
        verdict = "none"
    elif not certain:
        way = "lower" if difference < 0 else "higher"
        subject = f"with {with_}, {what}" if with_ else what
        sentence = (
            f"**{number_word(n)} seeds cannot tell** whether {subject} changed: **{show(before)}** {first}, "
            f"**{show(after)}** {second}, {way} {tail}."
        )
        verdict = "none"
    else:
        levels = [f"**{show(v)}** {name}".rstrip() for v, name in zip((before, after), between, strict=True)]
        reads_the_same = show(before) == show(after)
        way = f"by {apart(abs(difference))} to {levels[1]}" if reads_the_same else f"from {levels[0]} to {levels[1]}"
        sentence = f"{opening} {verb} {way}, {tail}."
        verdict = "better" if (difference < 0) == lower_is_better else "worse"
    if lost_with or lost_without:
        sentence += f" {diverged[0].upper()}{diverged[1:]}; those seeds are left out."
        if lost_with != lost_without and abs(lost_with - lost_without) * 2 >= total:
            verdict = "better" if lost_with < lost_without else "worse"
        if lost_with and verdict == "better":
            verdict = "none"
    worse_than_guess = guess is not None and ((after >= guess) if lower_is_better else (after <= guess))
    if worse_than_guess:
        verdict = "none" if verdict == "better" else verdict
        sentence += no_better_than_guess(show(guess or 0.0))
    unsure = n > 1 and not certain and falls + rises > 0
    return Comparison(verdict, sentence, before, after, difference, half, unsure, tuple(differences))


def no_better_than_guess(guess: str) -> str:
    """Return the sentence, with the space before it, on a measure that a constant guess reaches too."""
    return f" That is no better than a constant guess, which comes to {guess}."


CHANGES = {  # of a loss, by the kind of a comparison
    "better": "lower",
    "guess": "lower, yet no better than a constant guess,",
    "worse": "higher",
    "unsure": "not told apart by the seeds",
    "none": "the same",
}


def kind(comparison: Comparison) -> str:
    """Return what a list of comparisons files one under: its verdict, or why it has none.

    "unsure" where more seeds may tell, "guess" where it got better and is still no better than a constant guess.

    >>> kind(compare([.4, .4], [.3, .3])), kind(compare([3., 3.], [2.9, 2.9], guess=2.3)), kind(compare([1.], [1.]))
    ('better', 'guess', 'none')
    """
    guessed = comparison.verdict == "none" and "no better than a constant guess" in comparison.sentence
    return "unsure" if comparison.unsure else "guess" if guessed and comparison.difference else comparison.verdict


def by_kind(names: Sequence[str], comparisons: Sequence[Comparison]) -> dict[str, list[str]]:
    """Return the names of comparisons under each `kind` that there is, in the order of `CHANGES`.

    >>> by_kind(["swap", "noise"], [compare([.4, .4], [.4, .4]), compare([.4, .4], [.3, .3])])
    {'better': ['noise'], 'none': ['swap']}
    """
    kinds: dict[str, list[str]] = {}
    for name, comparison in zip(names, comparisons, strict=True):
        kinds.setdefault(kind(comparison), []).append(name)
    return {kind: kinds[kind] for kind in CHANGES if kind in kinds}


def poor_at(
    names: Sequence[str], comparisons: Sequence[Comparison], guess: float, sentence: str = "At n = {} it is {}."
) -> str:
    """Return the sentence on those losses that a constant guess reaches too, with the space before it; else nothing.

    names: where each loss is measured. sentence: of these names, and that it is no better there.

    >>> poor_at(["50", "100"], [compare([3.0, 3.0], [2.9, 2.9]), compare([3.0, 3.0], [2.0, 2.0])], 2.303)
    ' At n = 50 it is no better than a constant guess (2.303).'
    """
    poor = ", ".join(name for name, comparison in zip(names, comparisons, strict=True) if comparison.after >= guess)
    return f" {sentence}".format(poor, f"no better than a constant guess ({guess:.3f})") if poor else ""


def number_word(count: int) -> str:
    """Return a whole number as it stands at the beginning of a sentence.

    >>> number_word(5), number_word(15)
    ('Five', '15')
    """
    small = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
    return small[count] if count < len(small) else str(count)


def listed(names: Sequence[str], most: int = 10) -> str:
    """Return names as a list in words.

    >>> listed(["bmi"]), listed(["bmi", "bp", "s5"]), listed(["bmi", "bp", "s5"], most=1), listed([])
    ('bmi', 'bmi, bp and s5', 'bmi and 2 more', 'none')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "none"


def times(count: int) -> str:
    """Return how often.

    >>> times(1), times(3)
    ('once', '3 times')
    """
    return "once" if count == 1 else "twice" if count == 2 else f"{count:,} times"


def plural(count: int, noun: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> plural(1, "seed"), plural(1200, "row"), plural(2, "class", "classes")
    ('1 seed', '1,200 rows', '2 classes')
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


@dataclass(frozen=True)
class Choice:
    """The member of a grid that validation chose, judged on rows that had no part in the choice."""

    level: int
    sentence: str  # where validation loss is lowest, and what that did to the test loss
    compared: Comparison  # of the test loss at the first member and at the chosen one


def choose(
    names: Sequence[str],
    validation: Sequence[Sequence[float]],
    test: Sequence[Sequence[float]],
    *,
    what: str = "",
    of: str = "the scale",
    guess: float | None = None,
    accuracy: bool = False,
    called: str = "accuracy",
) -> Choice:
    """Choose by the lowest mean validation loss, and judge by the test loss: the best of many looks too good on the
    rows that chose it. accuracy: choose and judge by the highest accuracy instead; called: or what stands in its place.

    names: of the members, the baseline first. validation, test: losses of each member, by seed. what: what the names
    are values of, as in `at`.

    >>> choose(["off", "0.1"], [[.4, .4, .4], [.3, .3, .3]], [[.5, .5, .5], [.4, .41, .42]]).sentence[:52]
    'Mean validation loss is lowest at 0.1 (0.300, of the'
    """
    # A member of which a seed diverged is not chosen: the mean of the others would flatter it.
    worst = -math.inf if accuracy else math.inf
    means = [statistics.fmean(row) if all(map(math.isfinite, row)) else worst for row in validation]
    level = (max if accuracy else min)(range(len(means)), key=means.__getitem__)
    if not math.isfinite(means[level]):
        sentence = f"In every member of {of} a seed diverged."
        return Choice(0, sentence, Comparison("none", sentence, math.nan, math.nan, math.nan, math.inf))
    share = accuracy and called == "accuracy"
    where, show = at(names[level], what), _percent if share else _plain
    best = f"{called} is highest" if accuracy else "loss is lowest"
    chosen = f"Mean validation {best} {where} ({show(means[level])}, of the {len(names)} of {of})"
    compared = compare(
        test[0],
        test[level],
        f"test {called}" if accuracy else "test loss",
        lower_is_better=not accuracy,
        percent=share,
        guess=guess,
        between=("", where) if level else ("", ""),
    )
    if level == 0:
        return Choice(0, f"{chosen}: going without is chosen.", compared)
    judged = f"On test rows, which had no part in that choice, {within(compared.sentence)}"
    return Choice(level, f"{chosen}. {judged}", compared)


def within(sentence: str) -> str:
    """Return a sentence as it stands within another, its first letter small.

    >>> within("**Five seeds cannot tell**"), within("Test loss fell")
    ('**five seeds cannot tell**', 'test loss fell')
    """
    bold = "**" if sentence.startswith("**") else ""
    return bold + sentence[len(bold) :][:1].lower() + sentence[len(bold) + 1 :]


def capital(text: str) -> str:
    """Return a text as the beginning of a sentence.

    >>> capital("strength 0.1")
    'Strength 0.1'
    """
    return text[:1].upper() + text[1:]


def around(comparison: Comparison, *, before: str = "", after: str = "", verdict: str = "") -> Comparison:
    """Return a comparison with sentences before and after its own; verdict: another than its own.

    >>> around(compare([0.4, 0.4], [0.4, 0.4]), before="At 0 the two are one.").sentence
    'At 0 the two are one. Validation loss stayed at **0.400**, the same in every seed.'
    """
    sentence = " ".join(part for part in (before, comparison.sentence, after) if part)
    return replace(comparison, sentence=sentence, verdict=verdict or comparison.verdict)


def alone(sentence: str, verdict: str = "none") -> Comparison:
    """Return a measured sentence that is no comparison of its own, to stand among those that are."""
    return Comparison(verdict, sentence, math.nan, math.nan, math.nan, math.nan)


def no_harm(comparison: Comparison) -> str:
    """Return what is to be said of a mistake that does none: not where it is worse, nor where the seeds cannot tell.

    >>> no_harm(compare([0.4, 0.4], [0.4, 0.4])), no_harm(compare([0.4, 0.4], [0.6, 0.6]))
    ('Here it shows no harm.', '')
    """
    return "" if comparison.verdict == "worse" or comparison.unsure else "Here it shows no harm."


def before_norm(comparison: Comparison, before: float, after: float, moved: Comparison) -> Comparison:
    """Return the comparison of dropout before the last batch norm, with what explains it.

    before, after: how many times the variance that it meets in evaluation the norm has learned, with dropout before it
    and after it. moved: the same move compared without batch norm, since it changes too which layer is dropped.
    """
    shift = (
        f"The last norm has learned a variance of **{before:.2f}** times the one that it meets in evaluation, and of "
        f"**{after:.2f}** times with dropout after it. The move also changes which layer is dropped; without batch "
        f"norm that alone: {within(moved.sentence)}"
    )
    return around(comparison, after=" ".join(filter(None, (shift, no_harm(comparison)))))


def figure(value: float) -> str:
    """Return a number with three digits, as a power of ten where it is far from 1.

    >>> figure(0.123456), figure(2.5e-17), figure(0)
    ('0.123', '2.5e-17', '0')
    """
    if value == 0 or 1e-4 <= abs(value) < 1e4:
        return f"{value:.3g}"
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}e{int(power)}"


def short(value: float) -> str:
    """Return a number with at most four decimals, and no zeros at their end.

    >>> short(0.9), short(1 / 3), short(-math.inf)
    ('0.9', '0.3333', '−∞')
    """
    return "−∞" if value == -math.inf else "∞" if math.isinf(value) else f"{value:.4f}".rstrip("0").rstrip(".")


def with_choice(
    comparison: Comparison, choice: Choice, level: int | None = None, *, between: str = "", after: str = ""
) -> Comparison:
    """Return a comparison, its sentence followed by what validation chooses; more seeds may tell either.

    level: of the comparison, where the choice is not to be judged again if it is the same. between, after: sentences
    before and after the choice's.
    """
    same = choice.level == level
    chosen = "Mean validation loss is lowest here too." if same else choice.sentence
    longer = around(comparison, after=" ".join(filter(None, (between, chosen, after))))
    return replace(longer, unsure=comparison.unsure or (choice.compared.unsure and not same))


def by_chance(value: float, expected: float, error: float) -> str:
    """Return how far a mean is from what is expected, and how often chance alone takes it there.

    error: its standard error, above 0.

    >>> by_chance(0.33, 0.06, 0.1)
    '2.7 standard errors away; chance alone takes 0.7 % of such means as far'
    """
    away = abs(value - expected) / error
    share = math.erfc(away / math.sqrt(2))
    return (
        f"{away:.1f} standard errors away; chance alone takes {percent(share, 0 if share > 0.1 else 1)} of such means "
        "as far"
    )


def side(values: Sequence[float], of: float, subject: str, below: str, above: str) -> str:
    """Return on which side of a number values by seed lie, where the 95 % interval of their mean tells.

    >>> side([0.7, 0.8, 0.75], 1.0, "the network", "too timid", "too confident")
    'the network is too timid'
    >>> side([0.7, 1.4, 0.95], 1.0, "the network", "too timid", "too confident")
    'three seeds cannot tell whether the network is too timid or too confident'
    """
    seen = [value for value in values if math.isfinite(value)]
    if not seen:
        return "training diverged in every seed"
    comparison = compare([of] * len(seen), seen)
    if comparison.difference == 0 or comparison.unsure:
        return f"{number_word(len(seen)).lower()} seeds cannot tell whether {subject} is {below} or {above}"
    return f"{subject} is {below if comparison.difference < 0 else above}"


def at(name: str, what: str = "") -> str:
    """Return at which strength of a scale something is.

    >>> at("0.1"), at("0.5", "p"), at("off", "p")
    ('at 0.1', 'at p 0.5', 'without it')
    """
    return "without it" if name == "off" else f"at {what} {name}" if what else f"at {name}"


def signed(value: float, digits: int = 3) -> str:
    """Return a number with a true minus sign, and with none before zero.

    >>> signed(-0.5, 1), signed(-0.01, 1)
    ('−0.5', '0.0')
    """
    return f"{value:z.{digits}f}".replace("-", "−")


def change(value: float) -> str:
    """Return a difference with its sign, plus or minus, and with none before zero.

    >>> change(0.146), change(-0.029), change(-0.0001)
    ('+0.146', '−0.029', '0.000')
    """
    return _signed(value, _plain)


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share as a percentage, a dash where there is none.

    >>> percent(0.951), percent(0.9512, 1), percent(float("nan"))
    ('95 %', '95.1 %', '–')
    """
    return "–" if share is None or math.isnan(share) else f"{100 * share:.{digits}f} %"


def _plain(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 1e7 else f"{value:.3g}"


def _finely(value: float) -> Callable[[float], str]:
    """Return how a difference and its interval are written: with as many digits as it takes not to read as zero.

    >>> _finely(0.0123)(0.0123), _finely(-0.00034)(0.00034), _finely(0.0)(0.0)
    ('0.012', '0.00034', '0.000')
    """
    size = abs(value)
    if size == 0 or size >= 5e-4 or size < 5e-6:
        return _plain
    digits = 1 - math.floor(math.log10(size))
    return lambda number: f"{number:.{digits}f}"


def _percent(value: float) -> str:
    return percent(value, 1)


def _points(value: float) -> str:
    return f"{100 * value:.1f}"


def _signed(value: float, show: Callable[[float], str]) -> str:
    """Return a difference with its sign, and with none before a zero."""
    text = show(abs(value))
    return text if not any(digit in "123456789" for digit in text) else ("−" if value < 0 else "+") + text
