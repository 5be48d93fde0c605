"""Print the catalogue of features as Markdown."""

from har.signals.features.document import markdown

if __name__ == "__main__":
    print(markdown(), end="")
