import pytest

from har.evaluation.results_page import Row, limits, markdown

FOUND = {"mean": 0.98, "sd": 0.002, "n": 3}


def row(value: float, **limits: float) -> Row:
    return Row("CNN-LSTM, macro-F1", value, 0.001, 10, "over seeds", **limits)


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (row(0.98, at_least=0.98), True),
        (row(0.9799, at_least=0.98), False),
        (row(0.02, at_most=0.02), True),
        (row(0.0201, at_most=0.02), False),
        (row(0.5), None),
    ],
)
def test_a_limit_is_kept_up_to_its_very_value(found: Row, kept: bool | None) -> None:
    assert found.kept is kept


def test_a_broken_limit_stands_out_in_the_table() -> None:
    text = limits([row(0.97, at_least=0.98), row(0.99, at_least=0.98), row(0.5)])
    first, second, third = text.splitlines()[2:]
    assert "| ≥ 0.98 | **no** |" in first
    assert "| ≥ 0.98 | yes |" in second
    assert "|  |  |" in third


def test_the_document_names_only_the_limits_that_there_are() -> None:
    assert row(0.01, at_most=0.02).document() == {
        "name": "CNN-LSTM, macro-F1",
        "value": 0.01,
        "sd": 0.001,
        "n": 10,
        "how": "over seeds",
        "at_most": 0.02,
    }


def test_families_are_ranked_and_one_that_was_not_cross_validated_has_a_dash() -> None:
    worse = {"official": {"macro_f1": {**FOUND, "mean": 0.9, "n": 1}, "worst_subject_accuracy": FOUND}}
    better = {
        "official": {"macro_f1": FOUND, "worst_subject_accuracy": FOUND},
        "folds": {"macro_f1_folds": FOUND, "macro_f1_pooled": {"mean": 0.97}},
    }
    text = markdown([row(0.99, at_least=0.98)], {"deep_conv_lstm": worse, "cnn_lstm": better})
    lines = [line for line in text.splitlines() if line.startswith(("| CNN-LSTM |", "| DeepConvLSTM |"))]
    assert lines == [
        "| CNN-LSTM | 0.9800 ± 0.0020 | 0.9800 ± 0.0020 | 3 | 0.9800 ± 0.0020 | 0.9700 |",
        "| DeepConvLSTM | 0.9000 | 0.9800 ± 0.0020 | 1 | – | – |",
    ]
