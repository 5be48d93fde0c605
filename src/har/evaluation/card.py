"""The model card: what the deployed model is, for whom, from what data, how good, and where it fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from har.datasets.schema import CHANNELS
from har.errors import HarError
from har.evaluation import words
from har.evaluation.comparison import interval, spread, table
from har.params import Params


@dataclass(frozen=True)
class Source:
    """Where a dataset's recordings come from, in sentences for the card."""

    name: str
    recorded: str
    licence: str
    limits: tuple[str, ...]


SOURCES: Final = {
    "hapt": Source(  # HAPT README.txt
        "HAPT, Smartphone-Based Recognition of Human Activities and Postural Transitions, version 2.1",
        "30 volunteers aged 19 to 48 followed a protocol of activities with a Samsung Galaxy S II at the waist, 50 Hz.",
        "Free for research that cites the paper; any commercial use is prohibited, and a model trained on it should be"
        " taken to inherit that. Cite: J.-L. Reyes-Ortiz, L. Oneto, A. Samà, X. Parra, D. Anguita, Transition-Aware"
        " Human Activity Recognition Using Smartphones, Neurocomputing 171 (2016), 754-767.",
        (
            "One phone model, worn at the waist and in one orientation: a pocket, a hand or another orientation is"
            " outside what it has seen.",
            "Adults of 19 to 48 years, following a protocol: children, older people, people with impaired gait and"
            " everyday behaviour are not represented.",
            "Sitting and standing look alike from the waist: they differ in the direction of gravity, which differs"
            " between wearers too, and in motion a hundred times weaker than walking.",
        ),
    ),
    "motionsense": Source(  # README.md of mmalekzadeh/motion-sense
        "MotionSense",
        "24 people aged 18 to 46 did one activity a trial, an iPhone 6s in a front pocket of their trousers, 50 Hz.",
        "MIT licence. Cite: M. Malekzadeh, R. G. Clegg, A. Cavallaro, H. Haddadi, Mobile Sensor Data Anonymization,"
        " IoTDI 2019.",
        (
            "MotionSense knows one phone model in one pocket, flat shoes, and each activity in one place of a campus.",
            "Nobody lies down in MotionSense.",
        ),
    ),
}

TITLES: Final = {
    "macro_f1": "Macro-F1, %",
    "accuracy": "Accuracy, %",
    "macro_precision": "Macro precision, %",
    "macro_recall": "Macro recall, %",
    "worst_subject_accuracy": "Worst subject's accuracy, %",
    "ece": "Expected calibration error, %",
}


def markdown(
    family: str,
    scores: Mapping[str, Any],
    exported: Mapping[str, Any],
    subjects: Mapping[str, Sequence[int]],
    params: Params,
) -> str:
    """Write the card of `family`, which the pipeline deploys.

    scores: `metrics` (as `scores.family` gives them), `selected_seed` and `selected` (as `scores.score`).
    exported: the export stage's table, `chosen`, `variants` (name to size_bytes, agreement, macro_f1,
    macro_f1_change) and `page` (the same, and family); a missing key is a `HarError`. subjects: ids by split (train,
    validation, test).
    """
    activities = tuple(scores["selected"]["classes"])
    sources = {name: SOURCES.get(name) for name in params.datasets}
    sections = [
        f"# Model card: {words.family(family)}",
        _what(family, activities, params),
        _data(sources, subjects),
        _contract(activities, params),
        _scores(scores, family),
        _files(exported, params),
        _limitations(sources, scores["selected"]),
        _reproduce(),
    ]
    return "\n\n".join(sections) + "\n"


def _what(family: str, activities: Sequence[str], params: Params) -> str:
    seconds = params.preprocess.window / params.preprocess.rate_hz
    return f"""\
A {words.family(family)} that names one of {len(activities)} activities from {seconds:.2f} s of a phone's accelerometer
and gyroscope. It is meant to run on the phone: the raw samples go in, all signal processing is part of the model.

**Intended use.** Research, teaching, and prototypes that log or show the wearer's activity.

**Not intended.** Medical or safety decisions, fall detection, surveillance or the assessment of people, and whatever
the licence of its data rules out."""


def _data(sources: Mapping[str, Source | None], subjects: Mapping[str, Sequence[int]]) -> str:
    lines = ["## Data and licence", ""]
    for name, source in sources.items():
        if source:
            lines += [f"{source.name}. {source.recorded}", "", source.licence, ""]
        else:
            lines += [f"Recordings of `{name}`; source and licence are in docs/data-card.md.", ""]
    roles = {
        "train": "fits the weights",
        "validation": "gives the temperature and chooses the seed; then learned from too",
        "test": "is scored; chooses neither weights nor temperature nor seed",
    }
    rows = [
        [split, role, str(len(subjects[split])), ", ".join(map(str, subjects[split]))] for split, role in roles.items()
    ]
    lines += [table(("Split", "Use", "Subjects", "Ids"), rows, text=4), "", "No subject is in two splits."]
    return "\n".join(lines)


def _contract(activities: Sequence[str], params: Params) -> str:
    window, rate = params.preprocess.window, params.preprocess.rate_hz
    labels = ", ".join(f"{index} {name}" for index, name in enumerate(activities))
    return f"""\
## Input and output

**In:** float32 `[1, {window}, {len(CHANNELS)}]`: {window} consecutive samples at {rate:g} Hz ({window / rate:.2f} s),
oldest first, columns `{", ".join(CHANNELS)}`. Acceleration in m/s², gravity included; angular
velocity in rad/s, right-hand rule. Android's device axes: x to the right of the screen, y to its top, z out of it; a
phone lying face up at rest reads about (0, 0, +9.81). Unfiltered, not normalised.

**Out:** float32 `[1, {len(activities)}]`, the probability of each activity: {labels}."""


def _scores(scores: Mapping[str, Any], family: str) -> str:
    selected, count = scores["selected"], scores["metrics"]["macro_f1"]["n_seeds"]
    people = len(selected["subjects"])
    return f"""\
## Scores on the test subjects

{selected["windows"]:,} windows of {people} subjects. {_seeds(count, scores["selected_seed"])}
Intervals: bootstrap over subjects; the worst of a resample is never worse than the worst of all, so that interval only
reaches upwards.

{_overall(scores["metrics"])}

By activity, selected seed:

{_by_activity(selected["classes"])}

By subject, selected seed:

{_by_subject(selected["subjects"])}

![Confusion matrix](families/{family}/confusion.png)

![Reliability diagram](families/{family}/reliability.png)"""


def _overall(metrics: Mapping[str, Mapping[str, float]]) -> str:
    rows = [
        [title, spread(metrics[name]), interval(metrics[name]), _percent(metrics[name]["selected"])]
        for name, title in TITLES.items()
    ]
    return table(("Score", "Mean over seeds", "95 % interval", "Selected seed"), rows)


def _by_activity(classes: Mapping[str, Mapping[str, float]]) -> str:
    rows = [
        [words.activity(name), *(_percent(row[key]) for key in ("precision", "recall", "f1")), str(row["support"])]
        for name, row in classes.items()
    ]
    return table(("Activity", "Precision, %", "Recall, %", "F1, %", "Windows"), rows)


def _by_subject(people: Sequence[Mapping[str, float]]) -> str:
    rows = [
        [str(row["subject"]), str(row["windows"]), _percent(row["accuracy"]), _percent(row["macro_f1"])]
        for row in people
    ]
    return table(("Subject", "Windows", "Accuracy, %", "Macro-F1, %"), rows)


def _seeds(count: int, selected: int) -> str:
    if count == 1:
        return f"Trained once, with seed {selected}."
    return f"Trained with {count} seeds; seed {selected}, whose twin did best on the validation subjects, is deployed."


def _files(exported: Mapping[str, Any], params: Params) -> str:
    try:
        chosen, variants, page = exported["chosen"], exported["variants"], exported["page"]
        named = {f"{name} (chosen)" if name == chosen else name: row for name, row in variants.items()}
        named = dict(sorted(named.items(), key=lambda item: (item[1]["size_bytes"], item[0])))
        named[f"{chosen} of {words.family(page['family'])}"] = page
        rows = [
            [
                name,
                f"{row['size_bytes'] / 1000:.1f}",
                f"{100 * row['agreement']:.2f}",
                _percent(row["macro_f1"]),
                f"{100 * row['macro_f1_change']:+.2f}",
            ]
            for name, row in named.items()
        ]
    except KeyError as error:
        raise HarError(f"the export stage's table.json has no key {error}: run the export stage again.") from error
    header = ("Form", "Size, kB", "Agreement, %", "Macro-F1, %", "Change, points")
    return f"""\
## TFLite files

Agreement: share of the test windows on which the file names the same activity as the Keras model. The chosen file must
reach {100 * params.export.min_agreement:g} % and lose no more than {100 * params.export.max_f1_loss:g} points of
macro-F1. It is `models/har.tflite`. The last one is `models/har-web.tflite`, the phone page's, of the family
`train.page`, which has to reach the same. Both run on every runtime of TFLite.

{table(header, rows)}"""


def _limitations(sources: Mapping[str, Source | None], selected: Mapping[str, Any]) -> str:
    weakest = sorted(selected["classes"].items(), key=lambda item: (item[1]["f1"], item[0]))[:2]
    weak = " and ".join(f"{words.activity(name).lower()} (F1 {_percent(values['f1'])} %)" for name, values in weakest)
    worst = next(row for row in selected["subjects"] if row["subject"] == selected["worst_subject"])
    lines = [
        f"Weakest activities on the test subjects: {weak}.",
        f"People differ: the worst test subject, {worst['subject']}, is at {_percent(worst['accuracy'])} % accuracy.",
        *(limit for source in sources.values() if source for limit in source.limits),
        "It knows the listed activities only: anything else, such as cycling or driving, gets one of their names.",
        f"There are {len(selected['subjects'])} test subjects: do not rely on differences smaller than the intervals.",
    ]
    return "## Limitations\n\n" + "\n".join(f"- {line}" for line in lines)


def _reproduce() -> str:
    return """\
## Reproduce

`make repro` makes the environment, brings the data and runs the pipeline; the scores
above come from `data/predictions/`, the table of TFLite forms from `models/exported/`, and `dvc repro -f -s compare`
computes them again. Parameters are in `params.yaml`, versions in `requirements/`, hashes of all inputs and outputs in
`dvc.lock`."""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
