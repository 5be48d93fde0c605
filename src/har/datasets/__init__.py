"""Where recordings come from: one file a dataset, plus fetching (checksums, mirrors, safe unzip)."""
