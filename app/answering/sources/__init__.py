"""Answers from the bibliography.

works: the works that documents cite; asked: what a question asks of them; lookup, selection: the works that it means,
by number or date, or by what their entries say; bibliography: answers on entries, counts, lists, states, and on what
works say themselves; claim_sources: what backs a claim; parts: what these answers share.
"""
