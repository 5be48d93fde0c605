"""Which side of the split a subject is on: a function of subject ids alone."""

from collections.abc import Collection, Sequence

from har.datasets.dataset import Dataset
from har.errors import HarError
from har.params import Preprocess


def sides(dataset: Dataset, knobs: Preprocess) -> dict[str, tuple[int, ...]]:
    """The subjects of a data set that are held out, `validation` and `test`; all others are trained on.

    Test subjects are the authors'; where people go on recording, those of `preprocess.test_subjects`, if any. Other
    data sets there, and recordings that name nobody, are a `HarError`.
    """
    name = dataset.name
    if dataset.published and name in knobs.test_subjects:
        raise HarError(f"params.yaml: preprocess.test_subjects.{name}: that data set has its own: leave it out.")
    if dataset.published:
        return {"validation": knobs.validation(name), "test": dataset.test_subjects}
    found = {"validation": knobs.validation_subjects.get(name, ()), "test": knobs.test_subjects.get(name, ())}
    for side, subjects in found.items():
        if dataset.nobody in subjects:
            raise HarError(
                f"params.yaml: preprocess.{side}_subjects.{name}: {dataset.nobody} stands for recordings that name "
                "nobody, which may be of anybody: leave it out."
            )
    return found


def split_of(subjects: Sequence[int], *, test: Collection[int], validation: Collection[int]) -> list[str]:
    """Side of each subject in `subjects` `[n]`: `train`, `validation` or `test`.

    A validation subject that is a test subject, or one that has no recording, is a `HarError`.
    """
    for subject in validation:
        if subject in test:
            raise HarError(f"params.yaml: preprocess.validation_subjects: {subject} is a test subject of the data set.")
        if subject not in subjects:
            raise HarError(f"params.yaml: preprocess.validation_subjects: no recording of subject {subject}.")
    side = dict.fromkeys(validation, "validation") | dict.fromkeys(test, "test")
    return [side.get(subject, "train") for subject in subjects]
