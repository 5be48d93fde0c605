"""The stage `validate` on the real recordings, from files to files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from quality_people import contents

from har.datasets import store
from har.datasets.schema import TRANSITIONS, Recording
from har.errors import HarError
from har.params import Params
from har.paths import Paths
from har.quality.rejects import OTHER
from har.stages import validate


@pytest.fixture
def checkout(hapt: list[Recording], tmp_path: Path) -> Paths:
    paths = Paths(tmp_path)
    store.write(hapt, paths.raw("hapt"))
    return paths


def test_real_recordings_end_in_the_same_reports_twice(checkout: Paths, params: Params) -> None:
    line = validate.run(params, checkout)
    assert line.startswith("validate: 61 recordings, ")
    first = contents(checkout.reports)
    assert set(first) == {
        "quality/recordings/summary.json",
        "quality/recordings/summary.md",
        "data_docs/recordings/index.html",
        "rejects.csv",
    }
    validate.run(params, checkout)
    assert contents(checkout.reports) == first


def test_what_is_left_out_is_said(checkout: Paths, hapt: list[Recording], params: Params) -> None:
    validate.run(params.model_copy(update={"activities": "transitions"}), checkout)
    rows = pd.read_csv(checkout.reports / "rejects.csv")
    assert set(rows["recording"]) == {path.stem for path in (checkout.raw("hapt") / "recordings").iterdir()}
    short = rows[rows["activity"].notna()]
    assert len(short) == 40  # intervals of labels.txt with fewer than 128 samples
    assert (short["samples"] < params.preprocess.window).all()
    validate.run(params, checkout)  # with the six basic activities, the transitions are left out as well
    rows = pd.read_csv(checkout.reports / "rejects.csv")
    transitions = sum(item.end - item.start for one in hapt for item in one.intervals if item.activity in TRANSITIONS)
    assert rows.loc[rows["reason"] == OTHER, "samples"].sum() == transitions


def test_a_harmed_recording_stops_the_stage_and_keeps_earlier_outputs(
    checkout: Paths, hapt: list[Recording], params: Params
) -> None:
    validate.run(params, checkout)
    earlier = contents(checkout.reports)
    samples = hapt[4].samples.copy()
    samples[1000, 2] = np.nan
    store.write([*hapt[:4], replace(hapt[4], samples=samples), *hapt[5:]], checkout.raw("hapt"))
    with pytest.raises(HarError, match=f"{hapt[4].name}, column acc_z, first_bad_sample 1000: missing is 1"):
        validate.run(params, checkout)
    now = contents(checkout.reports)
    assert {name: now[name] for name in earlier} == earlier
