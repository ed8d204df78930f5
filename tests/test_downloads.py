"""What the mechanisms' pictures draw can be downloaded, under names that say what it is."""

import pytest

from tests.opened import header, open_page

DRAWN_ONLY = {"level", "who", "slot", "place", "text", "line", "part", "mean", "low", "high", "from", "to"}

# page -> view of the mechanism, as its link has it -> what of the file's name follows the page's -> columns
MECHANISMS = {
    ("dropout", "Network"): {
        "network": "convention, dataset, seed, rate, pass, output, output_in_evaluation, standard_deviation_by_theory, "
        "unit, kept, weight_to_output, weight_from_age"
    },
    ("dropout", "Mean and variance"): {
        "spread": "convention, dataset, seed, rate, passes, mean_output, output_in_evaluation, variance, "
        "variance_by_theory"
    },
    ("dropout", "Five passes by hand"): {
        "hand": "convention, rate, pass, unit, activation, kept, value, value_in_evaluation"
    },
    ("dropout_in_practice", ""): {
        "passes": "draws, pass, layer, rate, units, active_units, expected_active_units, standard_deviation_by_theory",
        "units": "draws, pass, layer, unit, kept",
    },
    ("gradient_clipping", ""): {
        "valley": "limit, clipped_by, x, y, gradient_x, gradient_y, clipped_x, clipped_y, turned_by_degrees",
        "walks": "learning_rate, limit, clipped_by, step, x, y",
    },
    ("overfitting", ""): {"effect": "degree, n, noise, samples, bias_squared, variance, noise_variance, mse_measured"},
    ("stochastic_depth", ""): {
        "passes": "drop_path_rate, skipped_for, seed, pass, row, block, kept, probability_to_keep, "
        "probability_to_keep_in_the_paper"
    },
    ("l1", "Lasso path"): {"path": "dataset, model, strength, feature, coefficient, test_r_squared"},
    ("l1", "Diamond and ball"): {"plane": "dataset, model, strength, bmi, bp, radius"},
    ("l1", "Three ways to zero"): {"ways": "dataset, strength, method, step, feature, weight, weight_in_the_lasso"},
    ("l1", "Five weights"): {"five": "penalty, strength, learning_rate, step, weight, value"},
    ("l2", "Ridge path"): {"path": "l2, feature, coefficient, degrees_of_freedom, half_squared_test_error"},
    ("l2", "Ball and contours"): {"ball": "l2, bmi, s5, radius"},
    ("l2", "Shrinking"): {"shrinking": "learning_rate, weight_decay, half_life_in_steps, steps, share_left"},
    ("l2", "Five weights"): {"steps": "learning_rate, l2, step, weight, value"},
    ("l2", "Coupled or decoupled"): {"optimizers": "optimizer, learning_rate, strength, step, largest_difference"},
}


@pytest.mark.parametrize(("page", "view"), MECHANISMS)
def test_a_mechanism_s_picture_can_be_downloaded(files, page, view, short_trainings):
    open_page(page, n="50", **({"view": view} if view else {}))
    for name, columns in MECHANISMS[page, view].items():
        rows = files[f"{page}_{name}.csv"]()
        assert rows, name
        assert f"{header(rows)}, ".startswith(f"{columns}, ")
        assert not DRAWN_ONLY & set(rows[0])
    if view == "Five passes by hand":
        assert all(row["value"] == pytest.approx(row["activation"] * row["kept"] / 0.7) for row in rows)
        assert len(rows) == 5 * 5  # passes, units
    if page == "stochastic_depth":
        assert {row["block"]: row["probability_to_keep"] for row in rows}[1] == 1.0
    if page == "gradient_clipping":  # a walk that leaves the map goes on in the file
        assert max(abs(row["x"]) for row in files["gradient_clipping_walks.csv"]()) > 2
