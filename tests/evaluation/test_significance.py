import prediction_tables as tables
import pytest
from scipy.stats import binom

from har.errors import HarError
from har.evaluation.significance import mcnemar, p_value


def test_p_of_agrestis_approval_ratings() -> None:
    # Agresti, Categorical Data Analysis: 150 and 86 changed their mind; with continuity correction X2 = 16.818.
    assert p_value(150, 86) == pytest.approx(4.115e-05, rel=1e-3)


def test_few_discordant_windows_take_the_exact_test() -> None:
    assert p_value(16, 6) == pytest.approx(2 * binom.cdf(6, 22, 0.5))
    assert p_value(16, 6) == pytest.approx(0.0525, abs=5e-5)


def test_p_is_the_same_either_way_and_never_above_one() -> None:
    assert p_value(40, 12) == p_value(12, 40)
    assert p_value(0, 0) == p_value(6, 6) == p_value(30, 30) == 1


def test_wins_and_losses_are_counted_window_by_window() -> None:
    truth = ["walking"] * 6
    ours = ["walking", "walking", "walking", "walking", "sitting", "sitting"]
    theirs = ["sitting", "sitting", "sitting", "walking", "walking", "sitting"]
    pair = [
        tables.named([(1, *both) for both in zip(truth, named, strict=True)], ("walking", "sitting"))
        for named in (ours, theirs)
    ]
    found = mcnemar(pair[0], pair[1].sample(frac=1, random_state=0))
    assert found == {"wins": 3, "losses": 1, "p": pytest.approx(0.625), "exact": True}


def test_only_the_selected_seeds_are_compared() -> None:
    baseline = tables.predictions(3.0, seeds=(9,), random=1)
    all_seeds, alone = tables.predictions(4.0, seeds=(0, 1), selected=0), tables.predictions(4.0, seeds=(0,))
    assert mcnemar(all_seeds, baseline) == mcnemar(alone, baseline)


@pytest.mark.parametrize("change", [{"windows": 59}, {"subjects": (1, *tables.TEST_SUBJECTS[1:])}])
def test_other_windows_are_refused(change: dict) -> None:
    with pytest.raises(HarError, match="same windows"):
        mcnemar(tables.predictions(), tables.predictions(**change))


def test_other_labels_are_refused() -> None:
    table = tables.predictions()
    table.loc[table["start"] == 64, "label"] = "laying"
    with pytest.raises(HarError, match="same windows"):
        mcnemar(table, tables.predictions())
