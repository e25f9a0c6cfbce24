"""Feature networks of the metrics, and where their published weights are."""
