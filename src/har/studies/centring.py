"""Features that no turn changes, each person's mean moved to that of the training people: no label is used."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from har.signals import attitude, invariants
from har.studies.corpus import Corpus

INCLINATIONS: Final = 20  # columns of the same inclination: regularisation then hardly shrinks what they say together


def described(data: Corpus) -> NDArray[np.float32]:
    """Invariant features and the logarithm of the inclination from each person's upright, `[n, f]`."""
    tilt = np.log(
        attitude.inclination(attitude.upright(data.windows, data.subjects)) + 3.0
    )  # 3 degrees: a swaying body
    return np.hstack([invariants.extract(data.windows), np.repeat(tilt[:, None], INCLINATIONS, axis=1)]).astype("f4")


def centres(data: Corpus, rows: NDArray[np.int64]) -> dict[bool, NDArray[np.float32]]:
    """Mean over the people of `rows` of each one's mean features `[f]`, while moving (True) and while still (False)."""
    features, walks = described(data)[rows], attitude.moving(data.windows)[rows]
    people = data.subjects[rows]
    found = {}
    for state in (True, False):
        groups = [(people == person) & (walks == state) for person in np.unique(people)]
        found[state] = np.mean([features[group].mean(axis=0) for group in groups if group.any()], axis=0)
    return found


def centre(data: Corpus, means: Mapping[bool, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Features `[n, f]`, each person's mean while moving and while still moved to `means`; no label is used."""
    features, walks = described(data), attitude.moving(data.windows)
    for person in np.unique(data.subjects):
        for state, mean in means.items():
            group = (data.subjects == person) & (walks == state)
            if group.any():
                features[group] += mean - features[group].mean(axis=0)
    return features
