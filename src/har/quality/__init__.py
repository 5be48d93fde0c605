"""Great Expectations suites for recordings, windows and features, and their Data Docs."""
