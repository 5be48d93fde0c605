"""The page on calibration and abstaining."""

from collections.abc import Mapping
from typing import Any

from har.evaluation import words
from har.evaluation.comparison import table


def markdown(result: Mapping[str, Any]) -> str:
    """Write the page from what the abstain study measured."""
    target = f"{100 * result['target']:g} %"
    rows = [
        [
            str(seed["seed"]),
            f"{seed['temperature']:.2f}",
            f"{100 * seed['ece_before']:.1f}",
            f"{100 * seed['ece_after']:.1f}",
            f"{seed['threshold']:.3f}",
            *(_percent(seed[side][key]) for side in ("validation", "test") for key in ("coverage", "accuracy")),
            _percent(seed["test"]["accuracy_of_all"]),
        ]
        for seed in result["seeds"]
    ]
    header = (
        "Seed",
        "Temperature",
        "ECE before, %",
        "ECE after, %",
        "Threshold",
        "Validation: coverage, %",
        "accuracy, %",
        "Test: coverage, %",
        "accuracy, %",
        "accuracy of all, %",
    )
    return f"""\
# Calibration and abstaining

The {words.family(result["family"])} divides its logits by a temperature, fitted on the validation subjects to a twin
of the model that has not seen them (Guo et al. 2017). ECE is the expected calibration error on the test subjects,
before and after. An application may say nothing where the highest probability is below a threshold. The one here is
the lowest whose answers are right for {target} of the validation subjects' windows, again by the twin. Coverage is the
share of windows that get an answer. Made by `har abstain`.

{table(header, rows)}

![Accuracy against coverage, seed {result["seeds"][0]["seed"]}](images/abstain.png)
"""


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"
