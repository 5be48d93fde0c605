"""What people recorded is a data set that `dvc repro` notices, and that leaves the others alone."""

from pathlib import Path

import yaml
from pipeline_checkout import MARKS, Checkout, commit, fresh

from phone import canonical_samples, write_csv

pytestmark = MARKS
LABELS = [label for label in ("standing", "walking", "laying") for _ in range(500)]


def record(checkout: Checkout, name: str, offset: float) -> None:
    """Add a recording of Anna's, whose acceleration is off by `offset` m/s^2."""
    path = checkout.at(f"data/recordings/{name}.csv")
    write_csv(path, canonical_samples(50.0) + offset, header={"subject": "Anna"}, activities=LABELS)


def test_a_recording_is_noticed_and_brings_no_other_data_set_again(tmp_path: Path) -> None:
    checkout = fresh(tmp_path / "checkout")
    assert "collect: 0 recordings of 0 people" in checkout.repro("download")
    commit(checkout)

    record(checkout, "first", 0.0)
    checkout.at("data/recordings/notes.csv").write_text("a walk\n")
    said = checkout.repro("download")
    assert "collect: 1 recordings of 1 people, 1 files rejected" in said
    assert "Stage 'download@hapt' didn't change, skipping" in said

    both = yaml.safe_dump(checkout.params | {"datasets": ["hapt", "phone"]}, sort_keys=False)
    checkout.at("params.yaml").write_text(both)
    said = checkout.repro("download")
    assert "download phone: 1 recordings" in said
    assert "Stage 'download@hapt' didn't change, skipping" in said

    record(checkout, "second", 0.01)
    said = checkout.repro("validate")
    assert "download phone: 2 recordings" in said
    assert "Running stage 'download@hapt'" not in said
    assert "notes.csv,,,,,,file rejected: " in checkout.at("reports/rejects.csv").read_text()
    known = checkout.git("ls-files", "-co", "--exclude-standard", "data").splitlines()
    assert [name for name in known if not name.endswith(".gitignore")] == []
