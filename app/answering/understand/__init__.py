"""Question → what is asked.

question: the whole of it, with the kind and form of the answer (words in answer_forms.toml); source_questions: what is
asked of the bibliography (words in source_questions.toml).
"""
