"""MLflow runs, the registry, the promotion policy and its ledger."""
