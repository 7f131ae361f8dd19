"""Passages → sentences, table cells, enumerations.

sentences: rank hits and their sentences by their features and by the reader's scores; table_answer: the cell of a table
row; enumeration: a list that runs over several sentences; further: sentences for a follow-up to the last answer.
"""
