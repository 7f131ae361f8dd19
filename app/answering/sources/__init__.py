"""Answers from the bibliography.

works: the works that documents cite; asked: whether a question is about them; lookup, selection: those that it means,
by number or date, or by what their entries say; bibliography: entries, counts, lists, states,
and what works say themselves; claim_sources: what backs a claim; following: what quotes cite; parts: what these share.
"""
