"""Answers from the bibliography.

bibliography: answers on entries, counts, lists, states, and on what works say themselves; citing: where the text cites
works; claim_sources: what backs a claim; parts: what these answers share. app.answering.understand.sources decides what
a question asks of the works.
"""
