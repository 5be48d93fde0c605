"""The page on labels: how many windows all models get wrong, where they are, and the longest stretches of them."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from har.evaluation import audit, predictions, words
from har.evaluation.comparison import table

LONGEST: Final = 20  # stretches on the page; the file beside it has every window
SUBJECTS: Final = 10  # on the page, those with the most


def counts(asked: pd.DataFrame, wrong: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Count what `audit.unanimous` found.

    asked: all windows, wrong: those that all models name wrongly, both with `place` (in its interval). tables: family
    to predictions. Returns `windows`, `wrong`, `families` (mean wrong windows over seeds), `by_families` (windows that
    0, 1, ... families name wrongly by the mean over their seeds), and lists of rows: `pairs` (label, named, wrong, of),
    `subjects` (subject, wrong, of, mostly) and `places` (place, wrong, of).
    """
    of_label, of_subject, of_place = (Counter(asked[name].tolist()) for name in ("label", "subject", "place"))
    pairs = Counter(zip(wrong["label"], wrong["named"], strict=True))
    people = Counter(wrong["subject"].tolist())
    mostly = {subject: _mostly(wrong[wrong["subject"] == subject]) for subject in people}
    return {
        "windows": len(asked),
        "wrong": len(wrong),
        "families": {name: _wrong(rows) for name, rows in tables.items()},
        "by_families": audit.by_families(tables),
        "pairs": [
            {"label": label, "named": named, "wrong": count, "of": of_label[label]}
            for (label, named), count in _most(pairs)
        ],
        "subjects": [
            {"subject": subject, "wrong": count, "of": of_subject[subject], "mostly": mostly[subject]}
            for subject, count in _most(people)
        ],
        "places": [
            {"place": place, "wrong": int((wrong["place"] == place).sum()), "of": of_place[place]}
            for place in audit.PLACES
        ],
    }


def markdown(result: Mapping[str, Any], stretches: pd.DataFrame, *, drawn: bool) -> str:
    """Write the page.

    result: as `counts` gives it, with `everybody` (cross-validation over all subjects, or the test subjects alone) and
    `seeds` of each family. stretches: as `audit.stretches`, with `before` and `after`. drawn: whether a figure is.
    """
    parts = ["# Label audit", _summary(result)]
    if result["wrong"]:
        parts += [
            "## Labelled and named",
            _pairs(result),
            "## Subjects",
            _subjects(result),
            "## Place in the labelled interval",
            _places(result),
            "## Longest stretches",
            _stretches(stretches),
        ]
    if drawn:
        parts.append(
            "## The least likely labels\n\nAcceleration and angular velocity, each axis about its mean in the window, "
            "which is shaded:\nx blue, y orange, z green. The band below is what is labelled, in the colours of the "
            "legend (white: nothing).\n\n"
            "![Windows](images/label-audit.png)"
        )
    return "\n\n".join(parts) + "\n"


def _summary(result: Mapping[str, Any]) -> str:
    who = (
        "Each was asked of models that have not seen its subject, by cross-validation over all subjects."
        if result["everybody"]
        else "These are the test subjects' windows: out-of-fold predictions of all subjects were not at hand."
    )
    share = 100 * result["wrong"] / result["windows"]
    rows = [
        [words.family(name), str(result["seeds"][name]), f"{mean:.0f}", f"{100 * mean / result['windows']:.1f}"]
        for name, mean in result["families"].items()
    ]
    by_count = [[f"{n} of {len(rows)}", str(count)] for n, count in enumerate(result["by_families"]) if n]
    return f"""\
Of {result["windows"]:,} windows, {result["wrong"]:,} ({share:.2f} %) are named otherwise than they are labelled by
every seed of every family. {who}

That all models agree against a label does not make it wrong; it says where to look. Every such window is in
[label-audit.csv](label-audit.csv), with what each family names and its mean probability. Made by `har audit`.

{table(("Family", "Seeds", "Wrong windows, mean over seeds", "%"), rows)}

Wrong by the mean over a family's seeds:

{table(("Families", "Windows"), by_count)}"""


def _pairs(result: Mapping[str, Any]) -> str:
    rows = [[words.activity(row["label"]), words.activity(row["named"]), *_share(row)] for row in result["pairs"]]
    return table(("Labelled", "Named", "Windows", "Of the label's, %"), rows, text=2)


def _subjects(result: Mapping[str, Any]) -> str:
    shown = result["subjects"][:SUBJECTS]
    rows = [[str(row["subject"]), row["mostly"], *_share(row)] for row in shown]
    part = 100 * sum(row["wrong"] for row in shown) / result["wrong"]
    text = f"{len(result['subjects'])} subjects have such windows; the {len(shown)} here hold {part:.0f} % of them."
    return f"{text}\n\n" + table(("Subject", "Mostly", "Windows", "Of the subject's, %"), rows, text=2)


def _places(result: Mapping[str, Any]) -> str:
    titles = {"only": "its only window", "first": "first window", "inside": "between", "last": "last window"}
    rows = [[titles[row["place"]], *_share(row)] for row in result["places"] if row["of"]]
    return table(("Place", "Windows", "Of all there, %"), rows)


def _stretches(stretches: pd.DataFrame) -> str:
    rows = [
        [
            str(row.recording),
            str(row.subject),
            words.activity(str(row.label)),
            words.activity(str(row.named)),
            _word(str(row.before)),
            _word(str(row.after)),
            f"{row.start_s:.1f} to {row.end_s:.1f}",
            str(row.windows),
            f"{row.confidence:.2f}",
        ]
        for row in stretches.head(LONGEST).itertuples()
    ]
    header = ("Recording", "Subject", "Labelled", "Named", "Before", "After", "Time, s", "Windows", "Confidence")
    single = int((stretches["windows"] == 1).sum())
    return (
        f"Neighbouring windows that are labelled and named alike make {len(stretches)} stretches, {single} of them of "
        f"one window.\n\n{table(header, rows, text=6)}"
    )


def _word(label: str) -> str:
    return words.activity(label) if label else "–"


def _share(row: Mapping[str, Any]) -> list[str]:
    return [str(row["wrong"]), f"{100 * row['wrong'] / row['of']:.1f}"]


def _mostly(wrong: pd.DataFrame) -> str:
    """What a subject's windows are mostly labelled and named."""
    (label, named), _ = _most(Counter(zip(wrong["label"], wrong["named"], strict=True)))[0]
    return f"{words.activity(label)} as {words.activity(named).lower()}"


def _most(counter: Counter[Any]) -> list[tuple[Any, int]]:
    """Keys and counts, the highest first, equals by key."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def _wrong(rows: pd.DataFrame) -> float:
    """Windows named wrongly, mean over seeds."""
    return float((predictions.predicted(rows) != rows["label"].to_numpy()).sum() / rows["seed"].nunique())
