import numpy as np
import pandas as pd
import pytest
from small_corpus import ACTIVITIES, EACH, SIDES

from har.files import write_manifest
from har.params import Params
from har.paths import Paths
from har.studies import trials


def relabelled(paths: Paths, exchanged: dict[str, str]) -> None:
    """Everybody has each activity three times, in recordings of their own; labels of some recordings are others."""
    index = pd.read_parquet(paths.processed / "index.parquet")
    index["recording"] += np.array(["_a", "_b", "_c"])[index["start"] // 64 * 3 // EACH]
    index["label"] = index["recording"].map(exchanged).fillna(index["label"])
    index.to_parquet(paths.processed / "index.parquet")
    write_manifest(paths.processed)


def test_exchanged_labels_are_found_and_nobody_elses_are_doubted(
    params: Params, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    relabelled(paths, {"r3walking_b": "laying", "r3laying_a": "walking"})
    table = trials.run(params, paths)
    assert len(table) == 3 * len(SIDES) * len(ACTIVITIES)
    doubted = table[table["doubted"]].set_index("recording")
    assert doubted["subject"].tolist() == [3, 3]
    assert doubted["named"].to_dict() == {"r3walking_b": "walking", "r3laying_a": "laying"}
    assert (doubted["fits"] == 0).all()
    trials.show(table)
    assert "subject 3, r3walking_b: 0% of 3 windows fit laying" in capsys.readouterr().out


def test_what_a_person_did_once_is_not_doubted(params: Params, paths: Paths) -> None:
    assert not trials.run(params, paths)["doubted"].any()
