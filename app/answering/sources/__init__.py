"""Answers from the bibliography.

works: the works that documents cite; lookup: those that a question means; bibliography: entries, counts, lists, states,
and what works say themselves; claim_sources: what backs a claim; following: what quotes cite; parts: what these share.
"""
