import numpy as np
import pytest
from people_at_work import batch_of
from scipy import stats

from har.errors import HarError
from har.monitoring import distance, drift, people
from har.monitoring.reference import Reference, build
from har.params import Monitor


def counted(values: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    return distance.counts(distance.bins(values, cuts), np.zeros(len(values), np.int64), 1)


def test_distances_are_those_of_scipy_on_the_grid() -> None:
    random = np.random.default_rng(0)
    usual, other = random.normal(size=(4000, 2)), random.normal([0.0, 1.0], size=(500, 2))
    cuts = distance.edges(usual)
    ks, psi = distance.distances(counted(other, cuts), counted(usual, cuts))
    exact = [stats.ks_2samp(usual[:, i], other[:, i]).statistic for i in range(2)]
    assert ks == pytest.approx(exact, abs=0.03)
    assert ks[1] <= exact[1]
    assert psi[0] < 0.1 < 0.25 < psi[1]


def test_the_reference_is_weighted_to_the_batch_s_own_mix() -> None:
    values = np.array([[0.0]] * 50 + [[10.0]] * 50) + np.linspace(0, 1, 100)[:, None]
    answers = np.repeat([0, 1], 50)
    cuts = distance.edges(values)
    usual = distance.counts(distance.bins(values, cuts), answers, 2)
    only = distance.counts(distance.bins(values[50:], cuts), answers[50:], 2)
    ks, psi = distance.distances(only, usual)
    assert (ks.item(), psi.item()) == pytest.approx((0, 0))


def test_more_windows_of_one_person_do_not_make_a_difference_significant() -> None:
    """What the usual test gets wrong: it takes windows for independent, and every person for drift."""
    random = np.random.default_rng(1)
    who = np.repeat(np.arange(20), 300)
    values = random.normal(size=(6000, 30)) + random.normal(size=(20, 30))[who]
    cuts, none = distance.edges(values), np.zeros(6000, np.int64)
    spread = people.spread(distance.bins(values, cuts), none, who, 1)
    newcomer = random.normal(size=(300, 30)) + random.normal(size=30)
    ks, _ = distance.distances(counted(newcomer, cuts), counted(values, cuts))
    ours = stats.false_discovery_control(spread.p_values(ks, 300))
    usual = [stats.ks_2samp(newcomer[:, i], values[:, i]).pvalue * 30 for i in range(30)]
    assert ours.min() > 0.05
    assert np.mean(np.array(usual) < 0.05) > 0.8


def test_small_batches_are_held_against_small_stretches(reference: Reference) -> None:
    spread = reference.people_differ
    assert spread.sizes[0] == 50
    assert spread.people == 12
    assert (spread.mean[0] > spread.mean[-1]).mean() > 0.8
    assert spread.p_values(np.full(spread.mean.shape[1], 0.5), 7).shape == (spread.mean.shape[1],)


def test_a_shifted_feature_is_the_first_of_the_table(reference: Reference, knobs: Monitor) -> None:
    batch = batch_of([100, 101])
    shifted = batch.features.copy()
    column = reference.features.index("gyro_mag_spectrum_centre")
    shifted[:, column] += 30.0
    found = drift.features(type(batch)(shifted, batch.probabilities, batch.sources, batch.activities), reference, knobs)
    assert [row["feature"] for row in found.table() if row["drifted"]] == ["gyro_mag_spectrum_centre"]


def test_too_few_people_are_refused() -> None:
    batch = batch_of([1, 2, 3])
    with pytest.raises(HarError, match="windows are of 3 people"):
        build(batch, batch.sources.astype(int), {})
