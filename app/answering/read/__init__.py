"""Passages → sentences, spans, table cells, enumerations.

evidence: what the reader says of the passages; sentences: the sentences of the hits, scored; spans, span_question and
span_ranker: the words that answer, in Japanese; span_english: the same in English; table_answer: the cell of a row;
enumeration: a list that runs over several sentences.
"""
