"""docs/transfer.md: what the studies of transfer and of orientation found, on one page."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from har.errors import HarError
from har.files import read_json, write_text
from har.paths import Paths

HEAD = """# Other phones, other pockets

Made by `har transfer` and `har orientation`. Means over seeds, with their standard deviation where there are several.
"""
TRANSFER = """
## From one data set to another

Five activities that both have: {activities}.
Trained on the training subjects of one data set; *home* is the accuracy on its own test subjects, *away* on everybody
of the other, *retention* is away / home. HAPT's phone sits at the waist, MotionSense's in a trouser pocket.

The networks but the plain CNN-LSTM meet movements of more strengths and paces in training (`scale_spread` 0.5, not 0.2,
and `tempo_spread` 0.2, not 0.1, of params.yaml); *scaled and warped* has that alone. On another processor training
ends with other last bits: retention of the networks came out up to 0.01 elsewhere on two machines.

*Unlabelled*: whose unlabelled windows a way uses. *Person*: of the very one whose activities it names, at home and away
alike: which way is up while the person moves and, where centred, the means of the person's features. *Others*: nothing
of the person, but windows of half of the people of the other data set, to which centred logistic regression gave the
labels that the network then learns beside its own (pseudo-labels, Lee 2013); the other half is scored, then the halves
change places. These are other protocols than naming windows in an unknown pocket. The ways were chosen on HAPT's
training subjects and on MotionSense, which is therefore no untouched test here.

| way | from, to | unlabelled | home | away | retention |
|---|---|---|---|---|---|
"""
ORIENTATION = """
## Under random rotations

HAPT, six activities, macro-F1 on the authors' test subjects, with the phone as it was, each recording turned by one
rotation drawn uniformly from all there are, and each window by its own. *Loses*: against the same models unturned.
*Short*: against the first row unturned.
*Upright* turns each recording, without labels, so that gravity while moving points along x. It therefore needs the
recording as a whole, and says nothing about windows that are turned one by one.

| way | not turned | each recording | loses | short | each window | loses | short |
|---|---|---|---|---|---|---|---|
"""


def write(paths: Paths) -> None:
    """Write the page from the scores of whichever of the two studies has run.

    Raises: HarError where transfer's scores are of an older version, and have another form.
    """
    studies = paths.root / "data" / "studies"
    parts = [HEAD]
    moved, turned = (studies / name / "scores.json" for name in ("transfer", "orientation"))
    if moved.is_file():
        scores = read_json(moved)
        if not all("ways" in found for found in scores["variants"].values()):
            raise HarError(f"{moved} is of an older version: run `har transfer`, which writes it anew.")
        parts.append(transfer(scores))
    if turned.is_file():
        parts.append(orientation(read_json(turned)))
    write_text(paths.root / "docs" / "transfer.md", "".join(parts))


def transfer(scores: dict[str, Any]) -> str:
    """The section on transfer."""
    activities = [name.replace("_", " ") for name in scores["activities"]]
    lines = [TRANSFER.format(activities=", ".join(activities))]
    for name, found in scores["variants"].items():
        for way, scored in found["ways"].items():
            cells = [show(scored[key]) for key in ("home", "away", "retention")]
            lines.append(_row(name, way, found["unlabelled"], *cells))
    for name, found in scores["variants"].items():
        for way, scored in found["ways"].items():
            lines.append(f"\n{name}, {way}, share of each activity (rows) taken for (columns), in percent:\n\n")
            lines += [_row("", *activities), _row(*["---"] * (len(activities) + 1))]
            for activity, counts in zip(activities, scored["confusion"], strict=True):
                total = max(sum(counts), 1)
                lines.append(_row(activity, *(f"{100 * count / total:.0f}" for count in counts)))
    return "".join(lines)


def orientation(scores: dict[str, Any]) -> str:
    """The section on random rotations."""
    turns = ("recording", "window")
    keys = ("none", *(f"{kind}{turn}" for turn in turns for kind in ("", "loss_", "short_")))
    rows = [_row(name, *(show(found[key]) if key in found else "-" for key in keys)) for name, found in scores.items()]
    return ORIENTATION + "".join(rows)


def summary(values: NDArray[np.float64]) -> dict[str, float]:
    """Mean, standard deviation over seeds (n - 1; 0 of one) and number of values, as `show` writes them."""
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return {"mean": float(values.mean()), "sd": spread, "n": len(values)}


def show(value: dict[str, float]) -> str:
    """A mean with its spread."""
    return f"{value['mean']:.3f}" + (f" ± {value['sd']:.3f}" if value["n"] > 1 else "")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"
