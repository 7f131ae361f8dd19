"""Passages → sentences, spans, table cells, enumerations.

sentences: hits and their sentences, in order by their features, their spans, and what the reader says of them;
contradictions: how a sentence contradicts the question; spans, span_question and span_ranker: the words that answer, in
Japanese; span_english: the same in English; table_answer: the cell of a row; enumeration: a list that runs over several
sentences; further: what a follow-up asks for beside the last answer.
"""
