from dataclasses import replace

import numpy as np
import pytest

from har.errors import HarError
from har.files import write_json, write_text
from har.params import Params
from har.paths import Paths
from har.signals import attitude
from har.studies import centring, corpus, fits, transfer, transfer_page
from har.studies.corpus import Corpus
from har.studies.transfer import Options, Variant

CENTRED = Variant("logistic_regression", "centred", {"inverse_regularisation": 0.1})
ONE = Options(seeds=(0,))


@pytest.fixture
def home(params: Params, paths: Paths) -> Corpus:
    """People who lie on their side: gravity turns away from where it is while they walk."""
    found = corpus.load(params, paths, features=False)
    windows = np.array(found.windows)
    windows[found.index["label"] == "laying", :, 1] += 9.8
    return replace(found, windows=windows)


@pytest.fixture
def pocket(home: Corpus) -> Corpus:
    """Other people who do the same, all their phones turned in one other way."""
    turned = attitude.randomly_turned(home.windows, np.zeros_like(home.subjects), 4)
    return replace(
        home, windows=turned, index=home.index.assign(subject=home.subjects + 100), sha256="another data set"
    )


@pytest.fixture
def away(home: Corpus) -> Corpus:
    """Other people who do the same with twice the strength, their phones turned."""
    gravity = home.windows[..., :3].mean(axis=1, keepdims=True)
    still = np.concatenate([gravity, np.zeros_like(gravity)], axis=2)
    stronger = attitude.randomly_turned(still + 2 * (home.windows - still), home.subjects, 4)
    return replace(
        home, windows=stronger, index=home.index.assign(subject=home.subjects + 100), sha256="another data set"
    )


def test_centred_features_carry_over_to_turned_phones_and_stronger_people(home, away, params, paths):
    found = transfer.direction(home, away, CENTRED, ONE, params, paths)
    assert found["home"]["mean"] == 1.0
    assert found["retention"]["mean"] > 0.95
    assert np.sum(found["confusion"]) == len(away.y)


def test_a_network_is_scored_at_home_and_away_for_every_seed(home, away, params, paths):
    options = Options(seeds=(0, 1), epochs=1)
    found = transfer.direction(home, away, Variant("cnn", "upright"), options, params, paths)
    assert found["home"]["n"] == found["away"]["n"] == 2
    assert 0 <= found["away"]["mean"] <= 1


def test_a_taught_network_carries_over_where_an_untaught_one_does_not(home, pocket, params, paths):
    options, knobs = Options(seeds=(0, 1), epochs=40), {"batch": 8}
    untaught = transfer.direction(home, pocket, Variant("cnn", knobs=knobs), options, params, paths)
    taught = transfer.direction(home, pocket, Variant("cnn", "taught", knobs), options, params, paths)
    assert taught["away"]["mean"] > untaught["away"]["mean"] + 0.2
    assert taught["home"]["mean"] > 0.9
    assert np.sum(taught["confusion"]) == len(pocket.y)


def test_a_taught_network_sees_no_label_of_the_other_data_set(home, away, params, paths):
    options = Options(seeds=(0,), epochs=1)
    _, seen = transfer._taught(home, away, Variant("cnn", "taught"), options, params, paths)
    blind = replace(away, index=away.index.assign(label="walking"), sha256="blind")
    _, unseen = transfer._taught(home, blind, Variant("cnn", "taught"), options, params, paths)
    np.testing.assert_array_equal(unseen, seen)


def test_a_taught_network_has_not_seen_the_people_it_is_scored_on(home, away, params, paths, monkeypatch):
    """Each model is made to answer 1 for whom it has seen and 0 for others, and scored as any other."""
    asked, answered = [], []
    train, predict_rows = fits.train, fits.predict_rows

    def trained(tasks, *rest):
        asked.append(tasks)
        return train(tasks, *rest)

    def answers(fitted, tasks, rows, data, label):
        if tasks[0].family != "cnn":
            return predict_rows(fitted, tasks, rows, data, label)
        seen = [np.isin(data.subjects[own], data.subjects[task.train]) for task, own in zip(tasks, rows, strict=True)]
        answered.extend(seen)
        return [np.eye(len(data.activities))[known.astype(int)] for known in seen]

    monkeypatch.setattr(fits, "train", trained)
    monkeypatch.setattr(fits, "predict_rows", answers)
    _, named = transfer._taught(home, away, Variant("cnn", "taught"), Options(seeds=(0, 1), epochs=1), params, paths)
    assert [len(tasks) for tasks in asked] == [1, 4]
    assert all(known.any() for known in answered[-4:])
    assert [answer.max() for answer in named] == [0, 0]


def test_centring_uses_no_label_and_no_other_person(away):
    rows = np.arange(len(away.y))
    means = centring.centres(away, rows)
    centred = centring.centre(away, means)
    blind = replace(away, index=away.index.assign(label="walking"))
    np.testing.assert_array_equal(centring.centre(blind, means), centred)
    alone = away.subjects == 103
    own = replace(away, windows=away.windows[alone], index=away.index[alone].reset_index(drop=True))
    np.testing.assert_allclose(centring.centre(own, means), centred[alone], rtol=1e-4, atol=1e-4)


def test_centring_moves_each_persons_mean_to_the_given_one(away):
    means = centring.centres(away, np.arange(len(away.y)))
    centred, walks = centring.centre(away, means), attitude.moving(away.windows)
    for state, mean in means.items():
        group = (away.subjects == 102) & (walks == state)
        np.testing.assert_allclose(centred[group].mean(axis=0), mean, rtol=1e-3, atol=1e-3)


def test_the_page_says_who_knows_the_target_and_how_far_it_carries(paths):
    figure = {"mean": 0.9, "sd": 0.01, "n": 3}
    way = {"home": figure, "away": figure, "retention": {**figure, "mean": 0.95}, "confusion": [[3, 1], [0, 4]]}
    plain = {"unlabelled": "others", "ways": {"a to b": way}}
    page = transfer_page.transfer({"activities": ["walking", "sitting"], "variants": {"plain": plain}})
    assert "| plain | a to b | others | 0.900 ± 0.010 | 0.900 ± 0.010 | 0.950 ± 0.010 |" in page
    assert "| walking | 75 | 25 |" in page


def test_scores_of_an_older_form_are_named_and_the_page_stays_as_it_was(paths):
    scores = {"activities": ["walking"], "variants": {"plain": {"knows_target": False, "a to b": {}}}}
    write_json(paths.root / "data" / "studies" / "transfer" / "scores.json", scores)
    write_json(paths.root / "data" / "studies" / "orientation" / "scores.json", {})
    page = paths.root / "docs" / "transfer.md"
    write_text(page, "as it was")
    with pytest.raises(HarError, match="older version: run `har transfer`"):
        transfer_page.write(paths)
    assert page.read_text() == "as it was"
