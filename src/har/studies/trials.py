"""Do a person's recordings agree with their labels? Each is named by what the same person's others look like.

No other person has a part in it, so that an odd gait is no mistake of a label. Where two labels were exchanged, the
rest of that person's recordings still show it; of only two recordings of an activity, nobody can say which is wrong.
"""

from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from har.files import write_json
from har.parallel import ordered_map
from har.params import Params
from har.paths import Paths
from har.studies import corpus as corpora

TRIAL: Final = ["recording", "label"]  # all windows of one label in one recording
ENOUGH: Final = 0.5  # share of a trial's windows that must be named as they are labelled
INVERSE_REGULARISATION: Final = 1.0  # C of scikit-learn; features are of variance 1
Row = dict[str, Any]


def run(params: Params, paths: Paths, datasets: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Name every trial (the windows of one label in one recording) by the same person's other trials.

    The trial that fits least is set aside, as long as one fits worse than `ENOUGH`, and the others are asked again
    without it: a wrong label must not speak against right ones. Returns a row a trial: subject, recording, label,
    windows, `fits` (share of its windows named as labelled by what was not set aside), `named` (most often) and
    `doubted`. Writes the same as `data/studies/trials/<datasets>.json`.
    """
    corpus = corpora.load(params, paths, datasets)
    middle, spread = corpus.features.mean(axis=0), corpus.features.std(axis=0) + 1e-9
    x = ((corpus.features - middle) / spread).astype(np.float32)
    people = [np.flatnonzero(corpus.subjects == subject) for subject in np.unique(corpus.subjects)]
    named = partial(_person, corpus.activities)
    parts = ordered_map(named, [(corpus.index.iloc[rows], x[rows]) for rows in people], label="trials")
    table = pd.concat(parts, ignore_index=True)
    name = "+".join(datasets or params.datasets)
    write_json(paths.root / "data" / "studies" / "trials" / f"{name}.json", table.to_dict("records"))
    return table


def show(table: pd.DataFrame) -> None:
    """Print how well people's trials fit, and each one that is doubted."""
    print(f"{len(table)} trials of {table['subject'].nunique()} people, {table['doubted'].sum()} doubted")
    mean = table[~table["doubted"]].groupby("label", sort=False)["fits"].mean()
    for label, fits in mean.items():
        print(f"{label}: {fits:.1%} of the windows of a trial that is not doubted are named so, on average")
    for row in table[table["doubted"]].sort_values("fits").itertuples():
        print(
            f"subject {row.subject}, {row.recording}: {row.fits:.0%} of {row.windows} windows fit {row.label}, "
            f"most often they look like {row.named}"
        )


def _person(activities: tuple[str, ...], own: tuple[pd.DataFrame, NDArray[np.float32]]) -> pd.DataFrame:
    """The table of one person: `own` is their rows of the index `[n]` and standardised features `[n, f]`."""
    index, x = own
    y = index["label"].to_numpy(dtype=np.str_)
    trial = index.groupby(TRIAL, sort=False).ngroup().to_numpy()
    aside: list[int] = []
    while True:
        rows = [_trial(index, x, y, trial, number, aside, activities) for number in range(trial.max() + 1)]
        unfit = [row["fits"] if row["doubted"] and i not in aside else np.inf for i, row in enumerate(rows)]
        if min(unfit) == np.inf:
            return pd.DataFrame(rows)
        aside.append(int(np.argmin(unfit)))


def _trial(
    index: pd.DataFrame,
    x: NDArray[np.float32],
    y: NDArray[np.str_],
    trial: NDArray[np.integer],
    number: int,
    aside: list[int],
    activities: tuple[str, ...],
) -> Row:
    """One trial as the person's others but for those set aside name it; not doubted where none has its label."""
    from sklearn.linear_model import LogisticRegression

    asked = trial == number
    known = ~asked & ~np.isin(trial, aside)
    label = y[asked][0]
    named = np.full(asked.sum(), label)
    if label in y[known] and len(set(y[known])) > 1:
        named = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=300).fit(x[known], y[known]).predict(x[asked])
    fits = float(np.mean(named == label))
    first = index.iloc[int(np.argmax(asked))]
    return {
        "subject": int(first["subject"]),
        "recording": first["recording"],
        "label": str(label),
        "windows": len(named),
        "fits": fits,
        "named": max(activities, key=lambda activity: int(np.count_nonzero(named == activity))),
        "doubted": fits < ENOUGH,
    }
