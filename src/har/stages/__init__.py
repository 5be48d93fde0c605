"""The stages of the pipeline: read inputs, call the floors below, write outputs, say in one line what was done."""
