"""Sentences → answer.

extractive: choose the sentences to quote and cite them; messages: the fixed phrases of answers, in four
languages; shown: the parts of an answer as a terminal or a page shows them.
"""
