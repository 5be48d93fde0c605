"""Which side of the split a subject is on: a function of subject ids alone."""

from collections.abc import Collection, Sequence

from har.errors import HarError


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
