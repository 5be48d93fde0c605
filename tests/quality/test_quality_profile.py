import numpy as np
import pytest

from har.quality.profile import column_profile, longest_run, mean_magnitude, median_magnitude


@pytest.mark.parametrize(
    ("values", "length"),
    [
        ([], 0),
        ([4.0], 1),
        ([1.0, 2.0, 3.0], 1),
        ([1.0, 1.0, 2.0, 2.0, 2.0], 3),
        ([5.0, 5.0, 5.0, 1.0], 3),
        ([np.nan, np.nan, 1.0], 1),
    ],
)
def test_longest_run_of_equal_values(values: list[float], length: int) -> None:
    assert longest_run(np.array(values)) == length


def test_a_column_is_described_by_its_finite_values() -> None:
    found = column_profile(np.array([1.0, 1.0, np.nan, 3.0, np.inf, 3.0, 3.0, 3.0]), rate_hz=50.0)
    assert (found["samples"], found["missing"], found["infinite"], found["first_bad_sample"]) == (8, 1, 1, 2)
    assert (found["min"], found["max"], found["mean"]) == (1.0, 3.0, pytest.approx(14 / 6))
    assert found["longest_constant_s"] == pytest.approx(3 / 50)


def test_a_column_without_a_finite_value_has_no_extremes() -> None:
    found = column_profile(np.full(4, np.nan), rate_hz=50.0)
    assert found["first_bad_sample"] == 0
    assert np.isnan(found["max"])


def test_magnitudes_leave_out_vectors_that_are_not_finite() -> None:
    vectors = np.array([[3.0, 4.0, 0.0], [np.nan, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 6.0, 8.0]])
    assert median_magnitude(vectors) == 5.0
    assert mean_magnitude(vectors) == pytest.approx(16 / 3)
    assert np.isnan(median_magnitude(np.empty((0, 3))))
