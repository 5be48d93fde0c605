"""MotionSense: small archives with known physics, and the authors' own files where they are."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from har.datasets import catalog, motionsense, store
from har.datasets.schema import Interval, Recording
from har.errors import HarError

SHARED = Path(__file__).parents[3] / "shared" / "data" / "motionsense.zip"
HEADER = ",".join(motionsense.COLUMNS)
FACE_UP = (0.0, 0.0, -1.0)  # g, what Core Motion calls gravity when the screen looks up
UPSIDE_DOWN = (0.0, 1.0, 0.0)  # g, head first in a pocket


def trial(gravity: tuple[float, ...], user: tuple[float, ...] = (0.0, 0.0, 0.0), samples: int = 3) -> bytes:
    """A file of the authors' layout: the phone rests at `gravity` and is moved by `user`, both in g."""
    rows = [(i, 0.1, 0.2, 0.3, *gravity, 0.01 * i, -0.5, 2.0, *user) for i in range(samples)]
    return "\n".join([HEADER, *(",".join(map(repr, row)) for row in rows)]).encode() + b"\n"


MEMBERS = {
    "A_DeviceMotion_data/std_14/sub_24.csv": trial(UPSIDE_DOWN, samples=4),
    "A_DeviceMotion_data/wlk_7/sub_1.csv": trial(FACE_UP, user=(0.25, 0.0, -0.5)),
}
JUNK = {
    "A_DeviceMotion_data/.DS_Store": b"junk",
    "A_DeviceMotion_data/wlk_7/.DS_Store": b"junk",
    "A_DeviceMotion_data/wlk_7/._sub_1.csv": b"junk",
    "__MACOSX/A_DeviceMotion_data/wlk_7/sub_1.csv": b"junk",
    "data_subjects_info.csv": b"code,weight\n1,102\n",
}


def write(folder: Path, members: dict[str, bytes]) -> Path:
    for name, content in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def archived(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def canonical(recording: Recording) -> NDArray[np.float64]:
    return motionsense.to_canonical(recording.samples)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAR_MIRROR", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def real() -> list[Recording]:
    """All of MotionSense out of the authors' files."""
    if not SHARED.is_file():
        pytest.skip(f"{SHARED} is absent: the authors' archive is needed")
    from har.params import Download

    settings = Download(routes=("mirror",), timeout_s=1, retries=0, max_megabytes=400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAR_MIRROR", str(SHARED.parent))
        return motionsense.DATASET.retrieve("mirror", settings, Path())


def test_a_trial_is_one_recording_of_one_activity_by_a_subject_of_its_own(mirror: Path, settings: Any) -> None:
    write(mirror, MEMBERS | JUNK)
    standing, walking = motionsense.from_mirror(settings, mirror)
    assert (standing.name, standing.subject, standing.rate_hz) == ("std_14_sub_24", 124, 50.0)
    assert standing.intervals == (Interval("standing", 0, 4),)
    assert (walking.name, walking.subject) == ("wlk_7_sub_1", 101)
    assert walking.intervals == (Interval("walking", 0, 3),)


def test_a_phone_that_lies_face_up_reads_one_g_upwards(mirror: Path, settings: Any) -> None:
    write(mirror, {"A_DeviceMotion_data/sit_5/sub_2.csv": trial(FACE_UP)})
    (resting,) = motionsense.from_mirror(settings, mirror)
    expected = [[0.0, 0.0, 9.80665, 0.01 * i, -0.5, 2.0] for i in range(3)]
    np.testing.assert_allclose(canonical(resting), expected)


def test_what_the_wearer_adds_has_the_sign_of_gravity(mirror: Path, settings: Any) -> None:
    write(mirror, MEMBERS)
    walking = motionsense.from_mirror(settings, mirror)[1]
    np.testing.assert_allclose(canonical(walking)[:, :3], [[-0.25 * 9.80665, 0.0, 1.5 * 9.80665]] * 3)


@pytest.mark.parametrize("name", ["motionsense.zip", "A_DeviceMotion_data.zip"])
def test_a_mirror_holds_the_archive(mirror: Path, settings: Any, name: str) -> None:
    archived(mirror / name, MEMBERS | JUNK)
    assert [one.name for one in motionsense.from_mirror(settings, mirror)] == ["std_14_sub_24", "wlk_7_sub_1"]


@pytest.mark.parametrize("folder", ["motionsense", "data"])
def test_a_mirror_holds_the_files_in_a_folder(mirror: Path, settings: Any, folder: str) -> None:
    write(mirror / folder, MEMBERS | JUNK)
    assert len(motionsense.from_mirror(settings, mirror)) == 2


def test_an_archive_comes_by_http_and_is_not_kept(server: Any, settings: Any, tmp_path: Path) -> None:
    server.content = archived(tmp_path / "source.zip", MEMBERS | JUNK).read_bytes()
    cache = tmp_path / "cache"
    by_http = motionsense.from_https(settings, cache, server.url)
    assert [one.name for one in by_http] == ["std_14_sub_24", "wlk_7_sub_1"]
    assert list(cache.iterdir()) == []


def test_a_mirror_without_it_is_one_sentence(mirror: Path, settings: Any) -> None:
    with pytest.raises(HarError, match=r"holds neither motionsense\.zip nor .* nor the files of A_DeviceMotion_data/"):
        motionsense.from_mirror(settings, mirror)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "does not begin with the columns"),
        (b"a,b\n1,2\n", "does not begin with the columns attitude.roll"),
        (HEADER.replace("gravity.x,gravity.y", "gravity.y,gravity.x").encode() + b"\n", "does not begin"),
        (HEADER.encode() + b"\n" + b",".join([b"x"] * 13) + b"\n", "is not a table of numbers"),
        (HEADER.encode() + b"\n1,2,3\n", "has no rows of 13 numbers"),
        (HEADER.encode() + b"\n", "has no rows of 13 numbers"),
    ],
)
def test_a_file_that_is_no_trial_is_named(mirror: Path, settings: Any, content: bytes, says: str) -> None:
    write(mirror, MEMBERS | {"A_DeviceMotion_data/jog_9/sub_3.csv": content})
    with pytest.raises(HarError, match=r"A_DeviceMotion_data/jog_9/sub_3\.csv") as caught:
        motionsense.from_mirror(settings, mirror)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_content_than_the_published_is_refused(mirror: Path, settings: Any) -> None:
    write(mirror, MEMBERS)
    with pytest.raises(HarError, match="recordings of motionsense by the mirror route are not the published ones"):
        motionsense.DATASET.retrieve("mirror", settings, mirror)


def test_the_catalogue_knows_it() -> None:
    assert catalog.get("motionsense") is motionsense.DATASET


def test_the_authors_files_are_the_pinned_ones(real: list[Recording]) -> None:
    assert store.content_sha256(real) == motionsense.DATASET.content_sha256
    assert {one.subject for one in real} == set(range(101, 125))
    assert {one.intervals[0].activity for one in real} == set(motionsense.ACTIVITIES.values())


def test_the_trial_that_is_left_out_is_a_copy(real: list[Recording]) -> None:
    with zipfile.ZipFile(SHARED) as archive:
        long, short = (archive.read(f"A_DeviceMotion_data/{name}/sub_1.csv") for name in ("sit_5", "sit_13"))
    assert long == short
    names = {one.name for one in real}
    assert len(names) == 24 * 15 - 1
    assert "sit_5_sub_1" in names
    assert "sit_13_sub_1" not in names


def test_everybody_at_rest_feels_one_g_and_hardly_turns(real: list[Recording]) -> None:
    for one in real:
        if one.intervals[0].activity in ("sitting", "standing"):
            samples = canonical(one)
            assert np.median(np.linalg.norm(samples[:, :3], axis=1)) == pytest.approx(9.81, abs=0.15)
            assert np.median(np.linalg.norm(samples[:, 3:], axis=1)) < 0.25


def test_seven_trials_have_the_phone_the_other_way_up(real: list[Recording]) -> None:
    upright = sorted(one.name for one in real if canonical(one)[:, 1].mean() > 0)
    sitting = ["sit_13_sub_21", "sit_13_sub_22", "sit_13_sub_6"]
    assert upright == ["dws_1_sub_19", *sitting, "std_14_sub_5", "ups_3_sub_15", "wlk_15_sub_7"]
