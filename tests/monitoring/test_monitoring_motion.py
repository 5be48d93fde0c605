import numpy as np
import pytest
from people_at_work import batch_of

from har.monitoring import motion


def test_getting_up_is_not_walking_and_neither_are_pieces_of_several_recordings() -> None:
    walk, sit = batch_of([100], ("walking",)), batch_of([100], ("sitting",))
    for length, wanted in ((motion.RUN - 1, 0), (motion.RUN, motion.RUN)):
        x = np.concatenate([sit.features[:8], walk.features[:length], sit.features[:8]])
        batch = type(walk)(x, np.ones((len(x), 3), np.float32), np.array(["one"] * len(x)), walk.activities)
        assert motion.walking(batch).sum() == wanted
    sources = np.arange(12) // (motion.RUN - 1)
    parts = type(walk)(walk.features[:12], walk.probabilities[:12], sources.astype(str), walk.activities)
    assert not motion.walking(parts).any()


def test_somebody_who_sits_says_nothing_about_how_the_phone_sits() -> None:
    sit = batch_of([100], ("sitting",))
    assert motion.up(sit) is None
    assert motion.pace(sit) is None
    assert motion.motionless(sit).tolist() == [0] * 6


def test_pace_and_direction_are_those_of_the_walk() -> None:
    walk = batch_of([100], ("walking",))
    pace, up = motion.pace(walk), motion.up(walk)
    assert pace is not None
    assert up is not None
    assert pace[0] == pytest.approx(1.8, abs=0.4)  # Hz; the spectrum's lines are 0.39 Hz apart
    assert up[0] > 0.98
