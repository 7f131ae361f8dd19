"""Sentences → answer.

extractive: choose the sentences to quote, and cite them; absence: what an abstention shows; several: one answer to the
questions of a message; messages: the fixed phrases of answers, in four languages; shown: the parts of an answer as a
terminal or a page shows them.
"""
