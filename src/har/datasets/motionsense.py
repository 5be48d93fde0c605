"""MotionSense: 24 people with an iPhone 6s in a front pocket of their trousers, six activities, 15 trials, 50 Hz.

Malekzadeh, Clegg, Cavallaro, Haddadi: Mobile Sensor Data Anonymization, IoTDI 2019; GitHub, mmalekzadeh/motion-sense,
MIT licence. Of its folders, A_DeviceMotion_data is read: what Core Motion made of both sensors, in g and rad/s.
"""

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from har.datasets import sources
from har.datasets.dataset import Dataset, read_only
from har.datasets.schema import JOGGING, STANDARD_GRAVITY, Interval, Recording
from har.errors import HarError
from har.params import Download

RATE_HZ: Final = 50.0  # README.md
ACTIVITIES: Final[Mapping[int | str, str]] = {  # README.md, Labels
    "dws": "walking_downstairs",
    "ups": "walking_upstairs",
    "wlk": "walking",
    "jog": JOGGING,
    "sit": "sitting",
    "std": "standing",
}
FIRST_SUBJECT: Final = 100  # added to the authors' 1 to 24, so that no number is also one of HAPT's people
ARCHIVE_URL: Final = "https://raw.githubusercontent.com/mmalekzadeh/motion-sense/master/data/A_DeviceMotion_data.zip"
ARCHIVE_NAMES: Final = ("motionsense.zip", "A_DeviceMotion_data.zip")
FOLDER: Final = "A_DeviceMotion_data"
COLUMNS: Final = (
    "",
    *(f"attitude.{angle}" for angle in ("roll", "pitch", "yaw")),
    *(f"{vector}.{axis}" for vector in ("gravity", "rotationRate", "userAcceleration") for axis in "xyz"),
)
COPIES: Final = ("sit_13_sub_1",)  # the same bytes as sit_5/sub_1.csv, and as long as the other long trials
_TRIAL: Final = re.compile(rf"(?<![^/]){FOLDER}/({'|'.join(map(str, ACTIVITIES))})_(\d+)/sub_(\d+)\.csv$")
_GRAVITY, _ROTATION, _USER = slice(4, 7), slice(7, 10), slice(10, 13)


def from_https(settings: Download, cache: Path, url: str = ARCHIVE_URL) -> list[Recording]:
    """Recordings out of the archive at `url`, which is removed from `cache` once it has been read."""
    return _parse(sources.by_https(url, _TRIAL, settings, cache), url)


def from_mirror(settings: Download, _cache: Path) -> list[Recording]:
    """Recordings out of the folder that the environment variable `HAR_MIRROR` names.

    It holds the archive as `motionsense.zip` or `A_DeviceMotion_data.zip`, or what the archive unpacks to.
    """
    return _parse(*sources.by_mirror(ARCHIVE_NAMES, FOLDER, ("motionsense", "data"), _TRIAL, settings))


def _parse(files: Mapping[str, bytes], origin: str) -> list[Recording]:
    """One recording a file, named `<activity>_<trial>_sub_<id>` as its folder and file are; all of it is labelled.

    Files that are copies of another are left out.
    """
    recordings = []
    for name in sorted(files):
        match = _TRIAL.fullmatch(name)
        if match is None:
            raise HarError(f"{origin}: {name} is no trial of {FOLDER}: get it again.")
        code, trial, subject = match.groups()
        if (recording := f"{code}_{trial}_sub_{subject}") in COPIES:
            continue
        samples = _samples(files[name], f"{origin}: {name}")
        labelled = (Interval(ACTIVITIES[code], 0, len(samples)),)
        recordings.append(Recording(recording, FIRST_SUBJECT + int(subject), RATE_HZ, samples, labelled))
    return recordings


def _samples(content: bytes, where: str) -> NDArray[np.float64]:
    """Acceleration with gravity (g, Core Motion's sign) and rotation rate (rad/s) of one file, `[n, 6]`.

    Core Motion splits what the accelerometer felt into gravity and userAcceleration; their sum is whole again.
    """
    header, _, body = content.partition(b"\n")
    if header.decode("utf-8", "replace").strip() != ",".join(COLUMNS):
        raise HarError(f"{where} does not begin with the columns {', '.join(COLUMNS[1:])}: get it again.")
    try:
        table: NDArray[Any] = np.loadtxt(io.BytesIO(body), delimiter=",", ndmin=2) if body.strip() else np.empty((0, 0))
    except ValueError as error:
        raise HarError(f"{where} is not a table of numbers ({error}): get it again.") from error
    if table.shape[1] != len(COLUMNS):
        raise HarError(f"{where} has no rows of {len(COLUMNS)} numbers: get it again.")
    return read_only(np.hstack([table[:, _GRAVITY] + table[:, _USER], table[:, _ROTATION]]))


def to_canonical(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples `[n, 6]` in g and rad/s to m/s^2 and rad/s `[n, 6]`.

    Core Motion's axes are Android's (x to the right of the screen, y to its top, z out of it), but its acceleration
    points the other way: face up at rest it reads z = -1 g (Apple, CMDeviceMotion). Rotation has the same sign.
    """
    return np.multiply(samples, [-STANDARD_GRAVITY] * 3 + [1.0] * 3)


DATASET: Final = Dataset(
    name="motionsense",
    rate_hz=RATE_HZ,
    # The authors split by trial, so that everybody is on both sides. Here every fourth person is a test subject, by
    # number alone: nothing that was measured or recognised has a part in it.
    test_subjects=(104, 108, 112, 116, 120, 124),
    activities=ACTIVITIES,
    content_sha256="e19c273eccb8c68920fc400ea1488deed153cf861c1707b6ce1cc819ee44ec74",
    routes={"https": from_https, "mirror": from_mirror},
    to_canonical=to_canonical,
    licence="Trained on recordings under the MIT licence; see the data card.",
)
