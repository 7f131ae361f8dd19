"""Sentences → answer.

extractive: the sentences that are quoted, with citations; messages: what answers say in their own voice, in four
languages; shown: the parts of an answer as a terminal or a page shows them.
"""
