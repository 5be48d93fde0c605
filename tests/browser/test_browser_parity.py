"""The page computes what Python computes."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from people import csv, irregular, real
from playwright.sync_api import Page
from site_server import MARKS, MODEL, WEB, Site

from har.datasets import canonical, recording_file
from har.datasets.canonical import NOTHING_STATED
from har.datasets.schema import Recording
from har.export.runtime import Runner
from har.live.smoother import Exponential, Forward, document, smooth
from har.live.stream import Stream
from har.signals.resample import resample
from har.signals.windows import cut

pytestmark = MARKS
TOLERANCE = 1e-4  # of probabilities, and of samples in m/s^2 and rad/s


def runtime_folder() -> str:
    """Where the build puts LiteRT's WebAssembly."""
    version = json.loads((WEB / "node_modules/@litertjs/core/package.json").read_text())["version"]
    return f"assets/wasm-{version}/"


@pytest.fixture
def page(open_page: Callable[..., Page], site: Site) -> Page:
    return open_page(site.url + "manifest.webmanifest")  # any document of the site; the tests bring the modules


def test_200_real_windows_get_the_same_probabilities_as_from_python(page: Page, hapt: dict[str, Recording]) -> None:
    names = ["exp03_user02", "exp24_user12"]
    windows = np.concatenate([cut(real(hapt[name])[0], 128, 64) for name in names])
    windows = windows[np.linspace(0, len(windows) - 1, 200).astype(int)].astype(np.float32)
    found = np.array(
        page.evaluate(
            """async (windows) => {
              const { fetchModel, Recogniser } = await import("./modules.js");
              const { document, file } = await fetchModel();
              const runtime = performance.getEntriesByType("navigation")[0].name.replace(/[^/]*$/, "") + RUNTIME;
              const recogniser = await Recogniser.load(runtime, file, document.window);
              const answers = [];
              for (const window of windows) {
                answers.push([...await recogniser.probabilities(Float32Array.from(window))]);
              }
              return answers;
            }""".replace("RUNTIME", repr(runtime_folder())),
            windows.reshape(len(windows), -1).tolist(),
        )
    )
    expected = Runner(MODEL).probabilities(windows)
    assert len(set(expected.argmax(axis=1))) == 6  # the sample of windows is of all activities
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize("rate_hz", [50.0, 60.0, 100.0])
def test_a_whole_recording_is_resampled_as_in_python(
    page: Page, hapt: dict[str, Recording], tmp_path: Path, rate_hz: float
) -> None:
    times, samples = irregular(real(hapt["exp03_user02"])[0], rate_hz, seed=0)
    header = "# angular_velocity: deg/s\n# axes: ios\n"
    text = csv(samples * ([-1] * 3 + [180 / np.pi] * 3), times, header=header)
    (tmp_path / "recording.csv").write_text(text)
    found = np.array(
        page.evaluate(
            """async (text) => {
              const { fromCsv, resample } = await import("./modules.js");
              const { times, rows } = fromCsv(text);
              return resample(times, rows, 50).map((row) => [...row]);
            }""",
            text,
        )
    )
    expected = canonical.samples(recording_file.read(tmp_path / "recording.csv"), 50.0, NOTHING_STATED)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= TOLERANCE


@pytest.mark.parametrize("rate_hz", [50.0, 60.0, 90.0])
def test_a_stream_makes_the_windows_that_the_server_makes_of_it(
    page: Page, hapt: dict[str, Recording], rate_hz: float
) -> None:
    times, samples = irregular(real(hapt["exp04_user02"])[0][: 30 * 50], rate_hz, seed=1)
    times[len(times) // 2 :] += 1.0  # a gap: everything begins anew
    listened = page.evaluate(
        """async ([times, rows]) => {
          const { Listener } = await import("./modules.js");
          const smoother = { kind: "exponential", memory: 0 };
          const model = { rate_hz: 50, window: 128, hop: 32, smoother, activities: ["a", "b"], unsure_below: 0.5 };
          const windows = [], ends = [], samples = [];
          let restarts = 0;
          const recognise = async (window) => (windows.push([...window]), Float32Array.of(1, 0));
          const audience = {
            sample: (t, row) => samples.push([t, ...row]),
            answer: ({ t }) => ends.push(t),
            failed: (error) => { throw error; },
            restart: () => restarts++,
          };
          const listener = new Listener(model, recognise, audience);
          for (const [i, row] of rows.entries()) {
            listener.push(times[i], Float64Array.from(row));
            await listener.idle();
          }
          await listener.idle();
          return { windows, ends, samples, restarts };
        }""",
        [times.tolist(), samples.tolist()],
    )
    expected = Stream(50.0, 128, 32).push(times, samples)
    assert listened["restarts"] == 1
    np.testing.assert_allclose(listened["ends"], [heard.time for heard in expected], atol=1e-9)
    np.testing.assert_allclose(
        np.array(listened["windows"]).reshape(-1, 128, 6), [heard.window for heard in expected], atol=1e-5
    )
    half = len(times) // 2
    whole = resample(times[:half], samples[:half], 50.0)
    streamed = np.array([row for row in listened["samples"] if row[0] < times[half - 1]])[:, 1:]
    np.testing.assert_allclose(streamed[10:], whole[10 : len(streamed)], atol=TOLERANCE)
    assert len(whole) - len(streamed) <= 15  # 0.3 s at most are waited for


@pytest.mark.parametrize("kind", [Forward(stay=0.98, evidence=0.5), Exponential(memory=0.7)], ids=["forward", "mean"])
def test_the_smoother_believes_what_python_s_does(page: Page, kind: Forward | Exponential) -> None:
    answers = np.random.default_rng(0).dirichlet(np.full(6, 0.2), size=60)
    found = page.evaluate(
        """async ([document, answers]) => {
          const { smoother } = await import("./modules.js");
          const step = smoother(document);
          let belief;
          return answers.map((answer) => [...(belief = step(belief, answer))]);
        }""",
        [document(kind), answers.tolist()],
    )
    np.testing.assert_allclose(found, smooth(kind, answers), atol=1e-12)


def test_which_way_is_up_decides_the_sign(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const { platformSign, SignFinder } = await import("./modules.js");
          const tell = (platform, touch, z, beta) => {
            const finder = new SignFinder(platformSign(platform, touch));
            let turns = 0;
            for (let i = 0; i < 25; i++) {
              if (beta !== undefined) finder.orientation(beta, 0);
              turns += finder.motion({ x: 0, y: 0, z });
            }
            return [finder.sign, turns];
          };
          return {
            android: tell("Linux armv81", 5, 9.81, 0),
            iphone: tell("iPhone", 5, -9.81, 0),
            "iPad that says Mac": tell("MacIntel", 5, -9.81),
            "Mac": tell("MacIntel", 0, 9.81),
            "Android face down": tell("Linux armv81", 5, -9.81, 180),
            "iPhone face down": tell("iPhone", 5, 9.81, 180),
            "iPhone that reads as Android does": tell("iPhone", 5, 9.81, 0),
            "iPhone without orientation": tell("iPhone", 5, 9.81),
            "iPhone in a hard turn": tell("iPhone", 5, 14, 0),
            "iPhone in free fall": tell("iPhone", 5, 2, 0),
          };
        }"""
    )
    assert found == {
        "android": [1, 0],
        "iphone": [-1, 0],
        "iPad that says Mac": [-1, 0],
        "Mac": [1, 0],
        "Android face down": [1, 0],
        "iPhone face down": [-1, 0],
        "iPhone that reads as Android does": [1, 1],
        "iPhone without orientation": [-1, 0],
        "iPhone in a hard turn": [-1, 0],
        "iPhone in free fall": [-1, 0],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no column acc_x"),
        ("# acceleration: ft\nt,acc_x,acc_y,acc_z,gyro_x,gyro_y,gyro_z\n0,0,0,9,0,0,0\n", "m/s^2 or g"),
        ("t,acc_x,acc_y,acc_z,gyro_x,gyro_y,gyro_z\n0,0,0,9,0,0,0\n0,0,0,9,0,0,0\n", "Row 2"),
        ("t,acc_x,acc_y,acc_z,gyro_x,gyro_y,gyro_z\n0,0,0,9,0,0,0\n1,0,0,,0,0,0\n", "Row 2, column acc_z"),
        ("acc_x,acc_y,acc_z,gyro_x,gyro_y,gyro_z\n0,0,9,0,0,0\n", "rate_hz"),
        ("t,acc_x,acc_y,acc_z,gyro_x,gyro_y,gyro_z\n", "fewer than two rows"),
        ("", "no column acc_x"),
    ],
)
def test_a_file_that_is_no_recording_is_explained(page: Page, text: str, said: str) -> None:
    message = page.evaluate(
        """async (text) => {
          const { fromCsv } = await import("./modules.js");
          try { fromCsv(text); } catch (error) { return error.message; }
        }""",
        text,
    )
    assert said in message
