"""Passages → sentences, table cells, enumerations.

sentences: hits and their sentences, in order by their features and by what the reader says of them;
table_answer: the cell of a row; enumeration: a list that runs over several sentences; further: what a follow-up asks
for beside the last answer.
"""
