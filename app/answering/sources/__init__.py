"""Answers from the bibliography: entries, claims and their sources, cited texts."""
