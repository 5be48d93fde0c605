"""Recordings that people made, from files to recordings and back to the person who made them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from har.datasets import catalog, hapt, motionsense, phone, store
from har.datasets.schema import Interval
from har.datasets.split import sides, split_of
from har.errors import HarError
from har.params import Preprocess, load
from phone import GAIT_HZ, STRETCH_S, canonical_samples, write_csv

LABELS = ("standing", "walking", "laying")  # of the stretches of `canonical_samples`


def labelled(rate_hz: float) -> list[str]:
    return [label for label in LABELS for _ in range(round(STRETCH_S * rate_hz))]


def knobs(**changed: object) -> Preprocess:
    return load().preprocess.model_copy(update=changed)


def irregular(rate_hz: float) -> np.ndarray:
    """Times of a browser's events: a rate of about `rate_hz`, each a third of a step early or late."""
    count = round(3 * STRETCH_S * rate_hz)
    return (np.arange(count) + np.random.default_rng(0).uniform(-0.3, 0.3, count)) / rate_hz


def test_a_recording_becomes_canonical_samples_and_labelled_intervals(tmp_path: Path) -> None:
    samples = canonical_samples(50.0)
    ios = samples * ([-1 / 9.80665] * 3 + [180 / np.pi] * 3)
    header = {"subject": "Anna", "acceleration": "g", "angular_velocity": "deg/s", "axes": "ios"}
    path = write_csv(tmp_path / "0a1b.csv", ios, header=header, activities=labelled(50.0))
    person, found = phone.read(path)
    assert (person, found.name, found.subject, found.rate_hz) == ("Anna", "0a1b", phone.number("Anna"), 50.0)
    np.testing.assert_allclose(found.samples, samples, atol=1e-5)
    assert found.intervals == tuple(Interval(label, 500 * at, 500 * (at + 1)) for at, label in enumerate(LABELS))


@pytest.mark.parametrize("rate_hz", [62.0, 100.0])
def test_labels_follow_the_time_of_irregular_rows(tmp_path: Path, rate_hz: float) -> None:
    times = irregular(rate_hz)
    activities = ["walking" if STRETCH_S <= t < 2 * STRETCH_S else "" for t in times]
    walk = np.sin(2 * np.pi * GAIT_HZ * times) * [label == "walking" for label in activities]
    samples = np.column_stack([walk, np.zeros((len(times), 1)), np.full(len(times), 9.81), *[walk] * 3])
    path = write_csv(tmp_path / "walk.csv", samples, header={}, times=times, activities=activities)
    (found,) = phone.read(path)[1].intervals
    assert found.activity == "walking"
    begins = times[activities.index("walking")] - times[0]
    assert found.start / 50 == pytest.approx(begins, abs=0.021)
    assert (found.end - found.start) / 50 == pytest.approx(STRETCH_S, abs=0.05)


def test_a_sensor_that_stood_still_stands_still_at_the_new_rate(tmp_path: Path) -> None:
    samples = canonical_samples(62.0)
    samples[:, 1] = 0.3
    path = write_csv(tmp_path / "stuck.csv", samples, times=irregular(62.0))
    assert len(np.unique(phone.read(path)[1].samples[:, 1])) == 1


def test_a_recording_without_activities_has_no_intervals(tmp_path: Path) -> None:
    assert phone.read(write_csv(tmp_path / "walk.csv", canonical_samples(50.0)))[1].intervals == ()
    empty = write_csv(tmp_path / "empty.csv", canonical_samples(50.0), activities=[""] * 1500)
    assert phone.read(empty)[1].intervals == ()


def test_a_file_name_that_is_no_name_of_a_recording_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "my walk.csv", canonical_samples(50.0))
    with pytest.raises(HarError, match=r"my walk\.csv: use only letters, digits"):
        phone.read(path)


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    samples = canonical_samples(50.0)
    write_csv(tmp_path / "b.csv", samples, header={"subject": "Ben"})
    write_csv(tmp_path / "c.csv", samples + 0.01, header={"subject": "Ben"})
    write_csv(tmp_path / "copy.csv", samples, header={"subject": "Anna"})
    write_csv(tmp_path / "gap.csv", samples, times=np.arange(1500) / 50 + (np.arange(1500) > 700) * 2.0)
    (tmp_path / "c.parquet").write_bytes((tmp_path / "c.csv").read_bytes())
    (tmp_path / "notes.txt").write_text("a walk")
    (tmp_path / ".b.csv.part").write_text("half")
    found = phone.collect(tmp_path)
    assert [recording.name for recording in found.recordings] == ["b", "c"]
    assert found.files == {"b": "b.csv", "c": "c.csv"}
    assert found.people == {"Ben": phone.number("Ben")}
    assert found.rejected.keys() == {"c.parquet", "copy.csv", "gap.csv", "notes.txt"}
    assert "is the same recording as b.csv" in found.rejected["copy.csv"]
    assert "2.02 s after the row before" in found.rejected["gap.csv"]
    assert "neither .csv nor .parquet" in found.rejected["notes.txt"]


def test_no_folder_holds_no_recordings(tmp_path: Path) -> None:
    assert phone.collect(tmp_path / "nowhere") == phone.Collection()


def test_a_person_s_number_follows_from_the_name_alone() -> None:
    assert phone.number("Anna") == 921781  # pinned: recordings and params.yaml keep it
    assert phone.number("  anna ") == phone.number("ANNA") == 921781
    assert phone.number("Zoë") == phone.number("Zoe\u0308")
    assert phone.number("Anna") != phone.number("Anna B")
    assert phone.number("") == phone.number(" ") == phone.NOBODY


def test_numbers_are_no_other_data_set_s() -> None:
    numbers = {phone.number(f"person {at}") for at in range(2000)}
    assert min(numbers) > phone.NOBODY
    assert max(numbers) <= phone.LAST_NUMBER
    known = {*range(1, 31), *hapt.DATASET.test_subjects, *motionsense.DATASET.test_subjects}
    assert not known & numbers


def test_two_people_with_one_number_are_named(tmp_path: Path) -> None:
    first: dict[int, str] = {}
    twins = next(
        (first[number], name)
        for name in (f"person {at}" for at in range(10_000))
        if first.setdefault(number := phone.number(name), name) != name
    )
    for at, name in enumerate(twins):
        write_csv(tmp_path / f"{at}.csv", canonical_samples(50.0) + at, header={"subject": name})
    with pytest.raises(HarError, match=rf"'{twins[0]}' and '{twins[1]}' come to the same number"):
        phone.collect(tmp_path)


def test_two_spellings_of_a_name_are_one_person(tmp_path: Path) -> None:
    for at, name in enumerate(("Anna", "anna")):
        write_csv(tmp_path / f"{at}.csv", canonical_samples(50.0) + at / 100, header={"subject": name})
    found = phone.collect(tmp_path)
    assert {recording.subject for recording in found.recordings} == {921781}


def test_whoever_records_is_trained_on_unless_named() -> None:
    people = [921781, 478250, phone.NOBODY]
    assert split_of(people, **sides(phone.DATASET, knobs())) == ["train"] * 3
    named = knobs(test_subjects={"phone": (921781,)}, validation_subjects={"phone": (478250,)})
    assert split_of(people, **sides(phone.DATASET, named)) == ["test", "validation", "train"]


def test_whoever_is_not_named_cannot_be_held_out() -> None:
    with pytest.raises(HarError, match=r"preprocess\.test_subjects\.phone: 100000 stands for recordings that name nob"):
        sides(phone.DATASET, knobs(test_subjects={"phone": (phone.NOBODY,)}))


def test_test_subjects_of_published_data_sets_are_their_authors() -> None:
    assert sides(hapt.DATASET, knobs())["test"] == hapt.DATASET.test_subjects
    with pytest.raises(HarError, match=r"preprocess\.test_subjects\.hapt: that data set has its own"):
        sides(hapt.DATASET, knobs(test_subjects={"hapt": (1,)}))


def test_the_catalogue_knows_it_and_the_store_keeps_it(tmp_path: Path) -> None:
    assert catalog.get("phone") is phone.DATASET
    assert not phone.DATASET.published
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    write_csv(recordings / "b.csv", canonical_samples(50.0), activities=labelled(50.0), header={"subject": "Ben"})
    found = phone.collect(recordings).recordings
    store.write(found, tmp_path / "store")
    (again,) = store.read(tmp_path / "store")
    np.testing.assert_array_equal(again.samples, found[0].samples)
    assert replace(again, samples=found[0].samples) == found[0]
    assert not any(re.search(b"Ben", path.read_bytes()) for path in (tmp_path / "store").rglob("*.parquet"))
