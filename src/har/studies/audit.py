"""Label audit: the windows that all families get wrong, listed and drawn for people to look at."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from har.datasets.schema import Interval, activity_set
from har.errors import HarError
from har.evaluation import audit, audit_page, predictions, study_figures, words
from har.files import read_json, replacing, write_json, write_text
from har.params import Params
from har.paths import Paths
from har.studies import recordings
from har.studies.recordings import Heard

SHOWN: Final = 12  # windows on the page of figures
AROUND_S: Final = 5.0  # s, shown before and after each


def run(params: Params, paths: Paths) -> dict[str, Any]:
    """List the windows that every model of every family names wrongly.

    Reads the out-of-fold predictions of all subjects that `har crossval` wrote, where there are two families or more of
    the same data and folds; otherwise the pipeline's predictions of the test subjects. Writes `docs/label-audit.csv`,
    `docs/label-audit.md`, `docs/images/label-audit.png` and `data/studies/audit/scores.json`, which is returned.
    """
    found = crossvalidated(params, paths)
    everybody = len(found) > 1
    if not everybody:
        found = {name: paths.predictions(name) for name in params.train.families}
    tables = {name: predictions.read(path) for name, path in found.items()}
    rate, step, window = params.preprocess.rate_hz, params.preprocess.step, params.preprocess.window
    wrong = audit.unanimous(tables, rate)
    asked = next(iter(predictions.by_seed(next(iter(tables.values()))).values()))
    asked = asked.assign(place=audit.place_in_interval(asked, step))
    wrong = wrong.merge(asked[[*predictions.WINDOW, "place"]], on=predictions.WINDOW, validate="one_to_one")
    heard = {(item.dataset, item.name): item for item in recordings.read(params, paths)}
    wrong = _with_neighbours(wrong, heard, window)
    with replacing(paths.root / "docs" / "label-audit.csv") as temporary:
        wrong.round(4).to_csv(temporary, index=False, lineterminator="\n")
    stretches = _with_neighbours(audit.stretches(wrong, step, window, rate), heard, window)
    seeds = {name: int(table["seed"].nunique()) for name, table in tables.items()}
    result = audit_page.counts(asked, wrong, tables) | {"everybody": everybody, "seeds": seeds}
    write_json(paths.root / "data" / "studies" / "audit" / "scores.json", result)
    image = paths.root / "docs" / "images" / "label-audit.png"
    _draw(wrong, heard, params, image)
    write_text(paths.root / "docs" / "label-audit.md", audit_page.markdown(result, stretches, drawn=image.exists()))
    return result


def crossvalidated(params: Params, paths: Paths) -> dict[str, Path]:
    """Out-of-fold predictions of each family over all subjects, with the data and folds of params.yaml.

    Of several of one family, that with the most seeds. A family with changed knobs does not count.
    """
    chosen: dict[str, tuple[int, Path]] = {}
    for path in sorted((paths.root / "data" / "studies" / "crossval").glob("*/scores.json")):
        scores = read_json(path)
        same = (
            scores["subjects_of"] == "all"
            and not scores["leave_one_out"]
            and len(scores["fold_subjects"]) == params.studies.folds
            and tuple(scores["datasets"]) == tuple(params.datasets)
            and tuple(scores["activities"]) == activity_set(params.activities)
            and re.search(r"_seeds-[\d-]+$", path.parent.name)
        )
        entry = (len(scores["seeds"]), path.parent / "predictions.parquet")
        if same and entry[0] > chosen.get(scores["family"], (0,))[0]:
            chosen[scores["family"]] = entry
    return {family: path for family, (_, path) in sorted(chosen.items())}


def _with_neighbours(rows: pd.DataFrame, heard: Mapping[tuple[str, str], Heard], window: int) -> pd.DataFrame:
    """`rows` with what is labelled right `before` and `after` the interval that each is in; "" where nothing is."""
    names = zip(rows["dataset"], rows["recording"], rows["start"], strict=True)
    pairs = [_neighbours(heard[dataset, recording], int(start), window) for dataset, recording, start in names]
    return rows.assign(before=[pair[0] for pair in pairs], after=[pair[1] for pair in pairs])


def _neighbours(item: Heard, start: int, window: int) -> tuple[str, str]:
    """Labels right before and after the interval that holds the window from sample `start`."""
    own = [one for one in item.intervals if one.start <= start and start + window <= one.end]
    if not own:
        raise HarError(f"the predictions of {item.name} are of other recordings than data/raw/ holds: run `dvc repro`.")
    before = [one.activity for one in item.intervals if one.end == own[0].start]
    after = [one.activity for one in item.intervals if one.start == own[0].end]
    return (before or [""])[0], (after or [""])[0]


def _draw(wrong: pd.DataFrame, heard: Mapping[tuple[str, str], Heard], params: Params, path: Path) -> None:
    """Draw the worst windows, one an interval at most, and what is around each; nothing where there are none."""
    if wrong.empty:
        path.unlink(missing_ok=True)
        return
    rate, window = params.preprocess.rate_hz, params.preprocess.window
    worst = wrong.drop_duplicates(["dataset", "recording", "label", "before", "after", "named"]).head(SHOWN)
    pages = []
    for row in worst.itertuples():
        item = heard[str(row.dataset), str(row.recording)]
        start = int(str(row.start))
        first, last = max(0, start - round(AROUND_S * rate)), start + window + round(AROUND_S * rate)
        caption = (
            f"{item.name}, subject {item.subject}, {start / rate:.1f} s\n"
            f"labelled {words.activity(str(row.label)).lower()}, named {words.activity(str(row.named)).lower()}"
        )
        samples = item.samples[first:last]
        pages.append(
            (caption, samples, _shifted(item.intervals, first, len(samples)), (start - first, start - first + window))
        )
    study_figures.windows(pages, rate, path, "Windows that every model names otherwise than they are labelled")


def _shifted(intervals: Sequence[Interval], first: int, length: int) -> list[Interval]:
    """The intervals within `length` samples from `first` on, counted from there."""
    shifted = [Interval(item.activity, max(item.start - first, 0), min(item.end - first, length)) for item in intervals]
    return [item for item in shifted if item.start < item.end]
