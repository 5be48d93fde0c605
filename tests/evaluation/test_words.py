import pytest

from har.evaluation import words


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("rbf_svm", "RBF-SVM"),
        ("gradient_boosting", "Gradient boosting"),
        ("mini_rocket", "MiniRocket"),
        ("deep_conv_lstm", "DeepConvLSTM"),
    ],
)
def test_peers_bear_the_names_of_their_papers(name: str, title: str) -> None:
    assert words.family(name) == title
