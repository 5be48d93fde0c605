"""The catalogue as a page to read."""

from har.signals.features.catalogue import SECTIONS, Kind, catalogue
from har.signals.features.derived import HAPT_SERIES, MEANING, MOVING, SERIES, UNITS, VECTORS
from har.signals.features.material import ANGLED, SPECTRAL
from har.signals.features.spectra import BANDS

GROUPS = {
    SERIES: "all series",
    HAPT_SERIES: "HAPT's series",
    MOVING: "moving series",
    SPECTRAL: "spectra",
    VECTORS: "vectors",
    ANGLED: "angles",
}

INTRODUCTION = """# Features

{count} features of a window, in the order of this page; `har.signals.features.names()` lists them all. A name is
signal, kind and, where a kind has several, the part: `body_acc_x_std`, `gyro_mag_ar_2`. This page is made from the
catalogue that computes them, by `python -m har.signals.features > docs/features.md`.

A window is [t, 6]: acceleration with gravity and angular velocity. It passes a median filter and a third-order
zero-phase low-pass Butterworth filter; another one splits acceleration into body and gravity (`featurize` in
`params.yaml`). Then t values x of a series stand for a window, and the amplitudes A of the frequencies f above 0 for
its spectrum, scaled so that the sum of A^2 is the variance of x. Every feature is finite: a ratio fades to 0 where a
series varies less than 1e-8, and lg, the logarithm to base 10, starts at 1e-4 (units of the series).

Micro-motion stands on a logarithmic scale because the motion that tells sitting from standing is a hundred times
weaker than walking: beside it, on a linear scale, it would not be seen.
"""


def markdown() -> str:
    """docs/features.md: signals, a row for every kind of feature, and the counts."""
    parts = [INTRODUCTION.format(count=len(catalogue())), _signals()]
    parts += [f"## {title}\n\n{_table(kinds)}" for title, kinds in SECTIONS.items()]
    return "\n".join(parts)


def _signals() -> str:
    rows = [f"| {name} | {meaning} | {UNITS.get(name, '')} |" for name, meaning in MEANING.items()]
    groups = [f"- **{title}** ({len(names)}): {', '.join(names)}" for names, title in GROUPS.items()]
    edges = ", ".join(f"{round(high * 64)}" for _, high in BANDS)
    bands = f"The 12 bands end at {edges} sixty-fourths of half the sampling rate (at 50 Hz, one is 0.39 Hz)."
    return "\n".join(
        ["## Signals", "", "| signal | what it is | unit |", "|---|---|---|", *rows, "", *groups, "", bands, ""]
    )


def _table(kinds: tuple[Kind, ...]) -> str:
    rows = ["| kind | formula | source | computed of | features |", "|---|---|---|---|---:|"]
    for kind in kinds:
        formula = kind.formula.replace("|", "\\|")
        count = len(kind.over) * max(1, len(kind.parts))
        rows.append(f"| {kind.name} | {formula} | {kind.source} | {GROUPS[kind.over]} | {count} |")
    return "\n".join([*rows, ""])
