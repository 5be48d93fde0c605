"""Running a suite: either its reports are written, or the reader is told in one line why not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from har.errors import HarError
from har.files import remove, replacing
from har.paths import Paths
from har.quality import docs
from har.quality.expectations import Expectation, Table
from har.quality.report import Outcome, Report, plain, sentence, write_summary


def check(suite: str, tables: Sequence[Table], paths: Paths) -> Report:
    """Validate `tables` and write the reports of `suite`, each of them whole, the same bytes for the same tables.

    Writes `paths.quality(suite)` (`summary.json`, `summary.md`) and `paths.data_docs(suite)` (`index.html`). Where
    an expectation is not met, these stay as they were, the failing page goes to `failed/<suite>` beside the other
    Data Docs, and a `HarError` names the rows at fault.
    """
    report, page = validate(suite, tables)
    failed = paths.data_docs("failed") / suite
    if not report.passed:
        _write_page(failed, page)
        raise HarError(sentence(report, failed / docs.PAGE))
    with replacing(paths.quality(suite)) as quality:
        quality.mkdir()
        write_summary(report, quality)
        _write_page(paths.data_docs(suite), page)
    remove(failed)
    return report


def validate(suite: str, tables: Sequence[Table]) -> tuple[Report, str]:
    """Put `tables` through Great Expectations: what came out, and the Data Docs as one page of HTML."""
    context = _context()
    source = context.data_sources.add_pandas(suite)
    results = [_validate_table(context, source, table) for table in tables]
    outcomes = [outcome for table, result in zip(tables, results, strict=True) for outcome in _outcomes(table, result)]
    report = Report(suite, tuple(outcomes))
    return report, docs.page(report, list(zip(tables, results, strict=True)))


def _context() -> Any:
    """Great Expectations with everything in memory: no folders, no telemetry, no progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types import base

    memory = base.InMemoryStoreBackendDefaults()
    quiet = base.ProgressBarsConfig(globally=False)
    config = base.DataContextConfig(store_backend_defaults=memory, analytics_enabled=False, progress_bars=quiet)
    return gx.get_context(project_config=config, mode="ephemeral")


def _validate_table(context: Any, source: Any, table: Table) -> Any:
    import great_expectations as gx
    import great_expectations.expectations as gxe

    rows = source.add_dataframe_asset(table.name).add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name=table.name))
    for number, item in enumerate(table.expectations):
        kind = getattr(gxe, f"Expect{item.kind}")
        suite.add_expectation(kind(**item.arguments, description=item.words, meta={"number": number}))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=table.name, data=rows, suite=suite))
    return definition.run(
        batch_parameters={"dataframe": table.rows},
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(table.keys),
            "return_unexpected_index_query": False,
        },
    )


def _outcomes(table: Table, result: Any) -> list[Outcome]:
    """Outcomes of one table in the order of its expectations, which Great Expectations does not keep."""
    found = {item.expectation_config.meta["number"]: item for item in result.results}
    return [_outcome(table, expected, found[number]) for number, expected in enumerate(table.expectations)]


def _outcome(table: Table, expected: Expectation, found: Any) -> Outcome:
    details = found.result
    if not found.success and not details:
        raise RuntimeError(f"{expected.kind} on table {table.name} could not be evaluated: {found.exception_info}")
    rows = [] if found.success else details.get("unexpected_index_list") or []
    return Outcome(
        table=table.name,
        kind=expected.kind,
        column=expected.column,
        words=expected.words,
        passed=bool(found.success),
        observed=_observed(table, expected, details),
        offending_count=len(rows),
        offending=tuple({key: plain(value) for key, value in _named_first(row, table).items()} for row in rows[:20]),
        keys=table.keys,
    )


def _named_first(row: dict[str, Any], table: Table) -> dict[str, Any]:
    return {key: row[key] for key in [*table.keys, *row] if key in row}


def _observed(table: Table, expected: Expectation, details: dict[str, Any]) -> str:
    """What was found: the figure of an expectation on the whole, otherwise the range or the values of its column."""
    figure = details.get("observed_value")
    if isinstance(figure, int | float | np.number):
        return str(plain(figure))
    column = expected.arguments.get("column")
    if column is None:
        return f"{details['element_count'] - details['unexpected_count']} of {details['element_count']} rows"
    values = table.rows[column].dropna()
    if len(values) and values.dtype.kind in "iuf":
        low, high = plain(values.min()), plain(values.max())
        return str(low) if low == high else f"{low} to {high}"
    return _listed(sorted(set(map(str, values))))


def _listed(values: list[str]) -> str:
    return ", ".join(values) if len(values) <= 12 else f"{len(values)} different values"


def _write_page(folder: Path, page: str) -> None:
    with replacing(folder) as temporary:
        temporary.mkdir()
        (temporary / docs.PAGE).write_text(page, encoding="utf-8")
