"""What is expected of recordings in canonical units, before anything is made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from har.datasets.schema import CHANNELS, LABELS, Recording
from har.params import Validate
from har.paths import Paths
from har.quality import expectations as expect
from har.quality import recording_rows as rows
from har.quality.expectations import Expectation, Table
from har.quality.published import Counts
from har.quality.report import Report
from har.quality.suite import check

SUITE: Final = "recordings"
KEYS: Final = ("kind", "name")


@dataclass(frozen=True)
class Source:
    """The recordings of one dataset, samples `[n, 6]` in m/s^2 and rad/s, and what its authors say of them.

    rate_hz: nominal rate in Hz. sides: the subjects of each side of the split that is named by id (`validation`,
    `test`); all others are for training. counts: None where nobody stated them. published: False where people go on
    recording, who may all be on one side.
    """

    name: str
    recordings: Sequence[Recording]
    rate_hz: float
    sides: Mapping[str, Sequence[int]]
    counts: Counts | None
    published: bool = True


def check_recordings(sources: Sequence[Source], limits: Validate, paths: Paths) -> Report:
    """Validate the recordings of all datasets, and write the reports of suite `recordings`.

    An expectation that is not met is a `HarError` that names recording, column and value.
    """
    if len(sources) == 1:
        return check(SUITE, tables(sources[0], limits), paths)
    apart = Table("data sets", rows.of_sources({item.name: item.recordings for item in sources}), KEYS, _of_sources())
    named = [replace(table, name=f"{table.name} of {item.name}") for item in sources for table in tables(item, limits)]
    return check(SUITE, [apart, *named], paths)


def tables(source: Source, limits: Validate) -> list[Table]:
    """The tables of one dataset, each with what is expected of it."""
    recordings, sides, counts, limits = source.recordings, source.sides, source.counts, limits.of(source.name)
    interval_keys, column_keys = ("recording", "start", "end"), ("recording", "column", "first_bad_sample")
    acceleration, rotation = rows.of_columns(recordings, rows.ACC), rows.of_columns(recordings, rows.GYRO)
    return [
        Table(
            "recordings", rows.of_recordings(recordings), ("recording",), _of_recordings(source.rate_hz, limits, counts)
        ),
        Table("subjects", rows.of_subjects(recordings, sides), ("subject", "side"), _of_subjects(source)),
        Table("intervals", rows.of_intervals(recordings), interval_keys, _of_intervals(counts)),
        Table("acceleration", acceleration, column_keys, _of_acceleration(limits)),
        Table("angular velocity", rotation, column_keys, _of_rotation(limits)),
    ]


def _of_sources() -> tuple[Expectation, ...]:
    return (expect.between("data_sets", 1, 1, "no subject and no recording of one data set is also one of another"),)


def _of_recordings(rate_hz: float, limits: Validate, counts: Counts | None) -> tuple[Expectation, ...]:
    still, mean, turn = limits.still_gravity, limits.mean_acceleration, limits.max_still_rotation
    return (
        expect.least_rows(1, "there is at least one recording"),
        *(_of_counts(counts) if counts else ()),
        expect.unique("recording", "every recording has a name of its own"),
        expect.present("subject", "every recording has a subject"),
        expect.between("subject", 0, None, "subjects are numbers from 0 on"),
        expect.one_of("shape", [f"[n, {len(CHANNELS)}]"], f"a recording has the columns {', '.join(CHANNELS)}"),
        expect.one_of("type", ["float64"], "samples are float64"),
        expect.between("samples", 1, None, "no recording is empty"),
        expect.one_of("rate_hz", [rate_hz], f"every recording is sampled at {rate_hz:g} Hz"),
        expect.between("intervals", 1, None, "every recording has labelled intervals"),
        expect.unique("content", "no two recordings hold the same samples"),
        expect.between(
            "still_acceleration",
            *still,
            f"the median acceleration while sitting, standing or laying is 1 g, {still[0]:g} to {still[1]:g} m/s^2 "
            "(validate.still_gravity)",
        ),
        expect.between(
            "mean_acceleration",
            *mean,
            f"the mean acceleration is {mean[0]:g} to {mean[1]:g} m/s^2, gravity included (validate.mean_acceleration)",
        ),
        expect.between(
            "still_rotation",
            0,
            turn,
            f"the median angular velocity while sitting, standing or laying is at most {turn:g} rad/s, not deg/s "
            "(validate.max_still_rotation)",
        ),
    )


def _of_counts(counts: Counts) -> tuple[Expectation, ...]:
    return (
        expect.row_count(counts.recordings, f"there are {counts.recordings:,} recordings"),
        expect.distinct("subject", counts.subjects, f"there are {counts.subjects:,} subjects"),
        expect.total("samples", counts.samples, f"there are {counts.samples:,} samples in all"),
    )


def _of_subjects(source: Source) -> tuple[Expectation, ...]:
    sides = sorted({*source.sides, "train"})
    everywhere = expect.all_of("side", sides, "no side of the split is without subjects")
    return (
        expect.unique("subject", "no subject is on two sides of the split"),
        expect.between("recordings", 1, None, "every subject of the split has a recording"),
        *((everywhere,) if source.published else ()),
    )


def _of_intervals(counts: Counts | None) -> tuple[Expectation, ...]:
    some = (expect.row_count(counts.intervals, f"there are {counts.intervals:,} labelled intervals"),) if counts else ()
    return (
        *some,
        expect.one_of("activity", LABELS, f"every label is one of {', '.join(LABELS)}"),
        expect.between("start", 0, None, "no interval starts before its recording"),
        expect.between("length", 1, None, "every interval ends after it starts"),
        expect.between("past_the_end", 0, 0, "no interval reaches past the end of its recording, in samples"),
        expect.between("overlap", 0, 0, "no interval overlaps an earlier one of its recording, in samples"),
    )


def _of_columns(limits: Validate, sensor: str) -> tuple[Expectation, ...]:
    stuck = limits.max_constant_s
    return (
        expect.between("missing", 0, 0, f"no {sensor} is missing (samples that are NaN)"),
        expect.between("infinite", 0, 0, f"no {sensor} is infinite"),
        expect.between(
            "longest_constant_s",
            0,
            stuck,
            f"no {sensor} sensor is stuck, exactly the same value for more than {stuck:g} s (validate.max_constant_s)",
        ),
    )


def _of_acceleration(limits: Validate) -> tuple[Expectation, ...]:
    most = limits.max_acceleration
    words = f"acceleration is within +-{most:g} m/s^2 on every axis (validate.max_acceleration)"
    return (
        *_of_columns(limits, "acceleration"),
        expect.between("min", -most, None, words),
        expect.between("max", None, most, words),
    )


def _of_rotation(limits: Validate) -> tuple[Expectation, ...]:
    most, spread = limits.max_angular_velocity, limits.max_gyro_spread
    words = f"angular velocity is within +-{most:g} rad/s on every axis, not deg/s (validate.max_angular_velocity)"
    return (
        *_of_columns(limits, "angular velocity"),
        expect.between("min", -most, None, words),
        expect.between("max", None, most, words),
        expect.between(
            "std",
            0,
            spread,
            f"the standard deviation of angular velocity is at most {spread:g} rad/s, not deg/s "
            "(validate.max_gyro_spread)",
        ),
    )
