"""Whether what arrives is still what was trained on: drift between people, and faults of recordings by name."""
