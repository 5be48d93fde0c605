import json
from pathlib import Path

import numpy as np
import pytest
from people_at_work import RATE_HZ, answer, batch_of, samples

from har.errors import HarError
from har.monitoring import folder, page, verdict
from har.monitoring.reference import Reference
from har.monitoring.verdict import Verdict
from har.params import Monitor
from har.studies.injected import FAULTS, Fault, Told, write


def told(person: int) -> Told:
    x = samples(person)
    return Told(x, np.arange(len(x)) / RATE_HZ, RATE_HZ)


def judged(place: Path, reference: Reference, knobs: Monitor) -> Verdict:
    batch, others = folder.read(place, reference, answer, knobs)
    return verdict.judge(place.name, batch, reference, knobs, others)


@pytest.mark.parametrize("person", [100, 101, 102, 103])
def test_another_person_is_no_reason_to_retrain(
    person: int, tmp_path: Path, reference: Reference, knobs: Monitor
) -> None:
    write(told(person), tmp_path / "sound.parquet")
    found = judged(tmp_path, reference, knobs)
    assert [item.sentence for item in found.findings] == []
    assert (found.word, found.exit_code) == ("quiet", 0)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.title)
def test_every_fault_is_found_and_named(fault: Fault, tmp_path: Path, reference: Reference, knobs: Monitor) -> None:
    write(fault.inject(told(100)), tmp_path / "faulty.parquet")
    found = judged(tmp_path, reference, knobs)
    faults = [item.name for item in found.alarms if not item.name.endswith("_drift")]
    assert faults == [fault.finding]
    assert (found.word, found.exit_code) == (("retrain", 3) if fault.finding == "rotation" else ("mend", 4))
    assert next(item for item in found.alarms if item.name == fault.finding).sources == ("faulty.parquet",)


@pytest.mark.parametrize(("others", "word"), [("sound", "mend"), ("turned", "retrain")])
def test_drift_of_the_others_is_judged_without_what_is_faulty(
    others: str, word: str, tmp_path: Path, reference: Reference, knobs: Monitor
) -> None:
    faults = {fault.title: fault for fault in FAULTS}
    write(faults["gyroscope in deg/s"].inject(told(100)), tmp_path / "faulty.parquet")
    for person in (101, 102):
        one = told(person)
        turned = faults["phone turned by a quarter"].inject(one)
        write(turned if others == "turned" else one, tmp_path / f"{person}.parquet")
    found = judged(tmp_path, reference, knobs)
    assert "gyroscope_unit" in [item.name for item in found.alarms]
    assert found.word == word


def test_sentences_say_what_it_looks_like(tmp_path: Path, reference: Reference, knobs: Monitor) -> None:
    said = {}
    for number, fault in enumerate(FAULTS):
        place = tmp_path / str(number)
        write(fault.inject(told(100)), place / "faulty.parquet")
        found = judged(place, reference, knobs)
        said[fault.title] = next(item.sentence for item in found.alarms if item.name == fault.finding)
    assert "times the training's at equal shaking: deg/s?" in said["gyroscope in deg/s"]
    assert "in g?" in said["acceleration in g"]
    assert "along +y where it pointed along +x" in said["phone turned by a quarter"]
    assert "along -x where it pointed along +x" in said["phone upside down"]
    assert "sampled at 25 Hz where the training had 50 Hz" in said["half the rate, true times"]
    assert (
        "times as fast at equal strength: fewer samples a second than stated?"
        in said["half the rate, stated as the whole"]
    )
    assert "gyro_y holds one value" in said["one axis of the gyroscope stuck"]
    assert "acc_x holds one value" in said["one axis of the accelerometer stuck"]
    assert "5% of faulty.parquet" in said["5 % of the samples lost at once"]


def test_one_phone_of_many_is_named_without_an_alarm(tmp_path: Path, reference: Reference, knobs: Monitor) -> None:
    for person in range(100, 112):
        write(told(person), tmp_path / f"{person}.parquet")
    write(FAULTS[0].inject(told(112)), tmp_path / "112.parquet")
    found = judged(tmp_path, reference, knobs)
    assert [(item.name, item.level, item.sources) for item in found.findings] == [
        ("gyroscope_unit", "notice", ("112.parquet",))
    ]
    assert found.exit_code == 0


def test_somebody_who_only_sits_is_told_of_and_is_no_alarm(reference: Reference, knobs: Monitor) -> None:
    found = verdict.judge("sitting", batch_of([100, 101], ("sitting",)), reference, knobs)
    assert [(item.name, item.level) for item in found.findings] == [("prediction_drift", "notice")]
    assert "sitting makes up 100%" in found.findings[0].sentence


def test_a_model_that_is_less_sure_is_an_alarm(reference: Reference, knobs: Monitor) -> None:
    batch = batch_of([100, 101])
    unsure = type(batch)(batch.features, 0.5 * batch.probabilities + 0.5 / 3, batch.sources, batch.activities)
    found = verdict.judge("unsure", unsure, reference, knobs)
    assert [item.name for item in found.alarms] == ["confidence_drift"]


def test_a_few_windows_are_too_few_to_judge_drift(reference: Reference, knobs: Monitor) -> None:
    few = batch_of([100]).only(np.arange(12))
    assert [item.name for item in verdict.judge("few", few, reference, knobs).findings] == ["few_windows"]


def test_the_document_is_json_and_the_same_every_time(reference: Reference, knobs: Monitor) -> None:
    batch = batch_of([100])
    texts = {json.dumps(verdict.judge("x", batch, reference, knobs).document(), allow_nan=False) for _ in range(2)}
    assert len(texts) == 1
    facts = json.loads(texts.pop())
    assert facts["judged"] == {"name": "x", "windows": len(batch), "sources": 1}
    assert sum(item["share"] for item in facts["answers"].values()) == pytest.approx(1, abs=1e-3)


def test_the_page_is_whole_by_itself_and_harmless(tmp_path: Path, reference: Reference, knobs: Monitor) -> None:
    place = tmp_path / "<script>alert(1)<"
    write(FAULTS[0].inject(told(100)), place / "<b>bold.parquet")
    found = judged(place, reference, knobs)
    text = page.html(found)
    assert "<script" not in text
    assert "<b>" not in text
    assert "http" not in text
    assert "deg/s?" in text
    assert "prefers-color-scheme: dark" in text
    assert text.count("<svg") == page.SHOWN


def test_a_folder_with_nothing_to_judge_is_refused(tmp_path: Path, reference: Reference, knobs: Monitor) -> None:
    with pytest.raises(HarError, match="holds no recording"):
        folder.read(tmp_path, reference, answer, knobs)
    with pytest.raises(HarError, match="is no folder"):
        folder.read(tmp_path / "none", reference, answer, knobs)
    (tmp_path / "a.csv").write_text("t,acc_x\n0,1\n")
    with pytest.raises(HarError, match="lacks the column acc_y"):
        folder.read(tmp_path, reference, answer, knobs)
    (tmp_path / "a.csv").unlink()
    one = told(100)
    write(Told(one.samples[:60], one.times[:60], RATE_HZ), tmp_path / "short.parquet")  # type: ignore[index]
    with pytest.raises(HarError, match=r"no recording lasts for 2\.56 s"):
        folder.read(tmp_path, reference, answer, knobs)


def test_a_file_that_cannot_be_read_is_named_beside_the_others(
    tmp_path: Path, reference: Reference, knobs: Monitor
) -> None:
    write(told(100), tmp_path / "sound.parquet")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1")
    found = judged(tmp_path, reference, knobs)
    assert [(item.name, item.sources) for item in found.alarms] == [("unreadable", ("torn.parquet",))]
