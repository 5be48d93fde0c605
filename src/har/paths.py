"""Where everything lives, relative to the root of a checkout."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The files and folders of one checkout; each is made by the stage that is named beside it."""

    root: Path = Path()

    @property
    def recordings(self) -> Path:
        """What people recorded, a CSV or Parquet file each; about one machine, and not kept by Git or DVC."""
        return self.root / "data" / "recordings"

    @property
    def collected(self) -> Path:
        """collect: those of `recordings` that are as they should be, laid out as `raw`; `rejected/`, `people.json`."""
        return self.root / "data" / "collected"

    def raw(self, dataset: str) -> Path:
        """download: of one dataset, `recordings/<recording>.parquet`, `intervals.parquet`, `manifest.json`."""
        return self.root / "data" / "raw" / dataset

    @property
    def processed(self) -> Path:
        """preprocess: `windows.npy`, `index.parquet`, `manifest.json`."""
        return self.root / "data" / "processed"

    @property
    def features(self) -> Path:
        """featurize: `features.parquet`, `profile.parquet`, `manifest.json`."""
        return self.root / "data" / "features"

    def model(self, family: str) -> Path:
        """train: one trained model a seed, `training.json`, `manifest.json`."""
        return self.root / "models" / family

    def predictions(self, family: str) -> Path:
        """evaluate: one row a window and seed."""
        return self.root / "data" / "predictions" / f"{family}.parquet"

    @property
    def exported(self) -> Path:
        """export: every TFLite form, the Keras model they come from and `manifest.json`."""
        return self.root / "models" / "exported"

    @property
    def tflite(self) -> Path:
        """export: the chosen file for phones."""
        return self.root / "models" / "har.tflite"

    @property
    def tflite_web(self) -> Path:
        """export: the file of the phone page, of the family `train.page`."""
        return self.root / "models" / "har-web.tflite"

    @property
    def champion(self) -> Path:
        """promote, rollback: the champion's file for phones, in the main checkout; about one machine's registry."""
        return self.root / "models" / "champion.tflite"

    @property
    def champion_web(self) -> Path:
        """promote, rollback: the champion's file for the phone page, likewise."""
        return self.root / "models" / "champion-web.tflite"

    @property
    def live(self) -> Path:
        """live: certificates and uploads under way; about one machine, and not kept by Git or DVC."""
        return self.root / "data" / "live"

    @property
    def reports(self) -> Path:
        """Small results that Git keeps."""
        return self.root / "reports"

    def quality(self, stage: str) -> Path:
        """validate, preprocess, featurize: `summary.json` and `summary.md`, what was expected and found."""
        return self.reports / "quality" / stage

    def data_docs(self, stage: str) -> Path:
        """validate, preprocess, featurize: Great Expectations' Data Docs as HTML."""
        return self.reports / "data_docs" / stage
