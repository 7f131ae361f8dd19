"""Question → what is asked.

question: the whole of it, with the kind and form of the answer (words in answer_forms.toml); source_questions: what is
asked of works (words in source_signs.toml); intent: which kind of question it is, by a model and by certain signs.
"""
