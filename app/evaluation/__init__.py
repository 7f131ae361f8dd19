"""Batch evaluation: questions → predictions, metrics, a report, comparisons, gates."""
