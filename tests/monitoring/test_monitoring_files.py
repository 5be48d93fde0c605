import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from people_at_work import batch_of

from har.errors import HarError
from har.monitoring import collection, log, verdict, watched
from har.monitoring import reference as references
from har.monitoring.batch import joined
from har.monitoring.reference import Reference
from har.params import Monitor


def test_a_log_gives_the_verdict_of_the_recordings(tmp_path: Path, reference: Reference, knobs: Monitor) -> None:
    batch = batch_of([100, 101])
    log.write(batch, reference.model_sha256, tmp_path / "log.parquet")
    pd.read_parquet(tmp_path / "log.parquet").to_json(
        tmp_path / "log.jsonl", orient="records", lines=True, double_precision=15
    )
    wanted = verdict.judge("log", batch, reference, knobs).document()
    for name in ("log.parquet", "log.jsonl"):
        read = log.read(tmp_path / name, reference)
        assert verdict.judge("log", read, reference, knobs).document() == wanted


def test_rows_that_lack_a_value_are_left_out_and_counted(tmp_path: Path, reference: Reference) -> None:
    log.write(batch_of([100]), reference.model_sha256, tmp_path / "log.parquet")
    table = pd.read_parquet(tmp_path / "log.parquet").drop(columns="source")
    table.loc[[3, 5], watched.names()[0]] = np.nan
    table.to_parquet(tmp_path / "log.parquet")
    found = log.read(tmp_path / "log.parquet", reference)
    assert (len(found), found.incomplete) == (len(table) - 2, 2)
    assert set(found.sources) == {"log.parquet"}


def test_a_log_that_is_none_is_refused(tmp_path: Path, reference: Reference) -> None:
    path = tmp_path / "log.parquet"
    log.write(batch_of([100]), reference.model_sha256, path)
    table = pd.read_parquet(path)
    for change, reason in (
        (table.drop(columns="p_walking"), "lacks the column p_walking"),
        (table.assign(p_walking=0.7), "do not add up to 1"),
        (table.assign(p_walking=np.nan), "no row that is complete"),
    ):
        change.to_parquet(path)
        with pytest.raises(HarError, match=reason):
            log.read(path, reference)
    path.write_bytes(b"no parquet")
    with pytest.raises(HarError, match="cannot be read as a log"):
        log.read(path, reference)


def test_a_log_of_another_model_is_refused(tmp_path: Path, reference: Reference) -> None:
    log.write(batch_of([100]), "c" * 64, tmp_path / "log.parquet")
    with pytest.raises(HarError, match=r"answered by the model cccccccccccc .*: name that model with --model"):
        log.read(tmp_path / "log.parquet", reference)


def test_parts_of_a_log_are_one_and_those_of_a_former_model_are_left_out(
    tmp_path: Path, reference: Reference, knobs: Monitor
) -> None:
    first, second = batch_of([100]), batch_of([101])
    for batch, model in ((batch_of([102]), "c" * 64), (first, "a" * 64), (second, "a" * 64)):
        log.write_part(batch, model, tmp_path)
    found = log.read(tmp_path, reference)
    assert found.features.tolist() == joined([first, second]).features.tolist()
    assert found.foreign == len(batch_of([102]))
    (notice,) = collection.of_log(found, knobs)
    assert (notice.name, notice.level) == ("other_model", "notice")


def test_a_reference_is_the_same_after_writing_and_has_the_same_bytes(tmp_path: Path, reference: Reference) -> None:
    for name in ("a.json", "b.json"):
        references.write(reference, tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert references.read(tmp_path / "a.json") == reference


def test_a_damaged_reference_is_refused(tmp_path: Path, reference: Reference) -> None:
    path = tmp_path / "reference.json"
    document = reference.model_dump(mode="json")
    for change, reason in (({"people": "many"}, "people"), ({"features": ["x"]}, "other features")):
        path.write_text(json.dumps(document | change))
        with pytest.raises(HarError, match=reason):
            references.read(path)
