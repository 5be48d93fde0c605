import prediction_tables as tables
import pytest

from har.errors import HarError
from har.evaluation import comparison, scores, significance, words


def metrics(skills: dict[str, float], **seeds: tuple[int, ...]) -> dict:
    found = {name: tables.predictions(skill, seeds=seeds.get(name, (0, 1))) for name, skill in skills.items()}
    baseline = found.get("logistic_regression")
    tests = (
        {name: significance.mcnemar(table, baseline) for name, table in found.items()} if baseline is not None else {}
    )
    tests.pop("logistic_regression", None)
    families = {name: scores.family(table, 100, 15) for name, table in found.items()}
    return {"families": families, "mcnemar": tests, "baseline": "logistic_regression"}


def rows(markdown: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines() if line[:1] == "|"]


def test_families_come_best_first_with_all_their_numbers() -> None:
    found = metrics({"lstm": 2.0, "logistic_regression": 3.0, "cnn_lstm": 5.0}, logistic_regression=(0,))
    header, _, *body = rows(comparison.markdown(found))
    assert [row[0] for row in body] == ["CNN-LSTM", "Logistic regression", "LSTM"]
    assert all(len(row) == len(header) for row in body)
    f1 = found["families"]["cnn_lstm"]["macro_f1"]
    assert body[0][1] == f"{100 * f1['mean']:.1f} ± {100 * f1['sd']:.1f}"
    assert body[0][2] == f"{100 * f1['low']:.1f} to {100 * f1['high']:.1f}"
    assert [row[header.index("Seeds")] for row in body] == ["2", "1", "2"]
    assert "±" not in body[1][1]
    assert [row[header.index("McNemar p")] for row in body] == ["< 0.001", "–", "< 0.001"]


def test_without_the_baseline_there_is_no_p() -> None:
    header, _, *body = rows(comparison.markdown(metrics({"cnn": 3.0, "lstm": 2.0})))
    assert {row[header.index("McNemar p")] for row in body} == {"–"}


def test_equal_families_are_ranked_by_name() -> None:
    assert comparison.ranked(metrics({"lstm": 3.0, "cnn": 3.0})["families"]) == ["cnn", "lstm"]


def test_readme_gets_the_table_between_its_markers_again_and_again() -> None:
    readme = "# har\n\n<!-- comparison -->\nold\n<!-- /comparison -->\n\nrest\n"
    expected = "# har\n\n<!-- comparison -->\n| a |\n\nlegend\n<!-- /comparison -->\n\nrest\n"
    once = comparison.readme_table(readme, "| a |\n\nlegend\n")
    assert once == expected
    assert comparison.readme_table(once, "| a |\n\nlegend\n") == expected


@pytest.mark.parametrize(
    "readme",
    [
        "# har\n",
        "<!-- comparison -->\n",
        "<!-- /comparison -->\n<!-- comparison -->\n",
        "<!-- comparison --><!-- /comparison -->\n<!-- comparison --><!-- /comparison -->\n",
    ],
)
def test_a_readme_without_one_pair_of_markers_is_refused(readme: str) -> None:
    with pytest.raises(HarError, match="<!-- comparison -->"):
        comparison.readme_table(readme, "| a |")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("cnn_lstm", "CNN-LSTM"),
        ("logistic_regression", "Logistic regression"),
        ("scratch_mlp", "Scratch MLP"),
        ("lstm", "LSTM"),
    ],
)
def test_families_have_titles_in_words(name: str, title: str) -> None:
    assert words.family(name) == title
