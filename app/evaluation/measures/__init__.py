"""Predictions → figures: what counts as a match, ranking metrics, scores of one question, tables of all of them."""
