"""Names in words: what tables and pictures call families and activities."""

from typing import Final

ACRONYMS: Final = frozenset({"cnn", "gru", "knn", "lda", "lstm", "mlp", "rbf", "svm", "tcn"})
NAMES: Final = {
    "cnn_lstm_any": "CNN-LSTM, any way round",
    "deep_conv_lstm": "DeepConvLSTM",  # as its authors write it
    "mini_rocket": "MiniRocket",  # likewise
}


def family(name: str) -> str:
    """Title of a family: `cnn_lstm` is "CNN-LSTM", `logistic_regression` is "Logistic regression"."""
    if name in NAMES:
        return NAMES[name]
    parts = name.split("_")
    if all(part in ACRONYMS for part in parts):
        return "-".join(part.upper() for part in parts)
    words = " ".join(part.upper() if part in ACRONYMS else part for part in parts)
    return words[:1].upper() + words[1:]


def activity(name: str) -> str:
    """Title of an activity: `walking_upstairs` is "Walking upstairs"."""
    return name.replace("_", " ").capitalize()
