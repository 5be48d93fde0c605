"""Synthetic predictions tables, made from named parameters."""

from pathlib import Path

import numpy as np
import pandas as pd

from har import params as parameters
from har.datasets.schema import BASIC

TEST_SUBJECTS = (2, 4, 9, 10, 12, 13, 18, 20, 24)  # HAPT's


def predictions(
    skill: float = 4.0,
    *,
    seeds: tuple[int, ...] = (0, 1, 2),
    selected: int | None = None,
    subjects: tuple[int, ...] = TEST_SUBJECTS,
    windows: int = 60,
    activities: tuple[str, ...] = BASIC,
    random: int = 7,
) -> pd.DataFrame:
    """A table of `windows` windows a subject and seed.

    skill: how far the logit of the right activity stands out of noise with standard deviation 1; subjects differ.
    The windows and labels are a function of `subjects`, `windows` and `activities` alone.
    """
    tables = []
    for seed in seeds:
        generator = np.random.default_rng([random, seed])
        for index, subject in enumerate(subjects):
            actual = np.arange(windows) % len(activities)
            logits = generator.normal(size=(windows, len(activities)))
            logits[np.arange(windows), actual] += skill * (1 - 0.4 * index / len(subjects))
            probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            tables.append(
                pd.DataFrame(
                    {
                        "dataset": "hapt",
                        "recording": f"exp{subject:02d}",
                        "subject": subject,
                        "start": 64 * np.arange(windows),
                        "label": np.array(activities, dtype=object)[actual],
                        "split": "test",
                        "seed": seed,
                        "selected": seed == (seeds[-1] if selected is None else selected),
                        **{f"p_{name}": probability[:, k].astype(np.float32) for k, name in enumerate(activities)},
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def named(pairs: list[tuple[int, str, str]], activities: tuple[str, ...], confidence: float = 0.8) -> pd.DataFrame:
    """A table of one seed, one row for each (subject, label, predicted activity)."""
    rest = (1 - confidence) / (len(activities) - 1)
    rows = [
        {
            "dataset": "hapt",
            "recording": f"exp{subject:02d}",
            "subject": subject,
            "start": 64 * index,
            "label": label,
            "split": "test",
            "seed": 0,
            "selected": True,
            **{f"p_{name}": confidence if name == predicted else rest for name in activities},
        }
        for index, (subject, label, predicted) in enumerate(pairs)
    ]
    return pd.DataFrame(rows)


def history(seeds: tuple[int, ...] = (0, 1, 2), epochs: int = 15) -> pd.DataFrame:
    """Learning curves that fall and rise as curves do: loss and macro-F1, training and validation."""
    rows = []
    for seed in seeds:
        noise = np.random.default_rng(seed).normal(size=(epochs, 2))
        for epoch in range(epochs):
            fall = np.exp(-epoch / 4)
            rows.append(
                {
                    "epoch": epoch,
                    "seed": seed,
                    "loss": 0.5 + fall,
                    "validation_loss": 0.2 + fall + 0.02 * noise[epoch, 0],
                    "validation_macro_f1": 0.96 - 0.3 * fall + 0.008 * noise[epoch, 1],
                    "validation_accuracy": 0.96 - 0.28 * fall,
                }
            )
    return pd.DataFrame(rows)


def params(**changes: object) -> parameters.Params:
    """params.yaml of the checkout; `changes` replace keys of `evaluate`, `datasets` or `train`'s families."""
    found = parameters.load(Path(__file__).parents[2] / "params.yaml")
    limits = {key: changes.pop(key) for key in ("bootstrap", "calibration_bins") if key in changes}
    train = {key: changes.pop(key) for key in ("families", "deploy", "page") if key in changes}
    return found.model_copy(
        update={
            "evaluate": found.evaluate.model_copy(update={"bootstrap": 200, **limits}),
            "train": found.train.model_copy(update=train),
            **changes,
        }
    )
