"""Data Docs as one page that opens from disk, offline, and is the same for the same results.

Great Expectations renders what it validated; around that goes a page of our own, since the stock one loads its
styles and scripts over the network and carries times, run ids and random ids.
"""

import html
from collections.abc import Sequence
from typing import Any, Final

from har.quality.expectations import Table
from har.quality.report import Report

PAGE: Final = "index.html"

# Nothing may be loaded and no script run: names in the data are shown, never obeyed.
_TEMPLATE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quality of {{ report.suite }}</title>
<style>{{ style | safe }}</style>
</head>
<body>
<header>
<h1>Quality of {{ report.suite }}</h1>
<p><i class="fas {{ 'text-success' if report.passed else 'text-danger' }}"></i>
{{ report.outcomes | length - report.failures | length }} of {{ report.outcomes | length }} expectations met.</p>
<nav>{% for name, rows, met, sections in tables %}<a href="#table-{{ loop.index }}">{{ name }}</a> {% endfor %}</nav>
</header>
{% set counter = namespace(value=0) %}
{% for name, rows, met, sections in tables %}
<h2 id="table-{{ loop.index }}">{{ name }} <small>{{ rows }} rows, {{ met }}</small></h2>
{% for section in sections %}
{% set counter.value = counter.value + 1 %}
{% set section_loop = {"index": counter.value} %}
{% include 'section.j2' %}
{% endfor %}
{% endfor %}
</body>
</html>
"""

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
h2 small { font-weight: normal; font-size: 60%; opacity: .7; }
h5 { font: 600 15px/1.5 ui-monospace, monospace; margin: 1.2rem 0 .2rem; }
nav a { margin-right: 1rem; }
table { border-collapse: collapse; width: 100%; }
table table { width: auto; margin: .5rem 0; font-size: 90%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; opacity: .7; }
td:first-child { white-space: nowrap; }
table.table > tbody > tr > td:nth-child(1), table.table > thead > tr > th:nth-child(1) { width: 4rem; }
table.table > tbody > tr > td:nth-child(3), table.table > thead > tr > th:nth-child(3) { width: 14rem; }
.badge { font-family: ui-monospace, monospace; }
.fas { font-style: normal; font-weight: 700; }
.text-success::before { content: "\\2713"; }
i.text-danger::before { content: "\\2717"; }
.text-success { color: var(--good); }
.text-danger { color: var(--bad); }
"""


def page(report: Report, tables: Sequence[tuple[Table, Any]]) -> str:
    """The page of a suite: `tables` are what was validated, each with Great Expectations' result."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    view = DefaultJinjaPageView()
    view.env.filters["generate_html_element_uuid"] = lambda prefix="": f"{prefix}body"
    renderer = ValidationResultsPageRenderer()
    shown = [
        (table.name, len(table.rows), _met(result), _sections(renderer.render(result))) for table, result in tables
    ]
    text: str = view.env.from_string(_TEMPLATE).render(
        report=report, tables=shown, style=_STYLE, renderer_type="ValidationResultsPageRenderer"
    )
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def _met(result: Any) -> str:
    return f"{result.statistics['successful_expectations']} of {result.statistics['evaluated_expectations']} met"


def _sections(document: Any) -> list[dict[str, Any]]:
    """What Great Expectations has to say by column, without its overview of run ids and times."""
    return [_escaped(section) for section in document.to_json_dict()["sections"][1:]]


def _escaped(block: Any, cell: bool = False) -> Any:
    """A block of content with the plain text in its tables escaped: it comes from the data, and no template does it."""
    if isinstance(block, dict):
        return {key: _escaped(value, cell=key == "table") for key, value in block.items()}
    if isinstance(block, list):
        return [_escaped(item, cell) for item in block]
    return html.escape(block) if cell and isinstance(block, str) else block
