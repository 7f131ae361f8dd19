"""Question → what is asked.

message/: the questions in a message; history/: a follow-up made whole; classifier: which kind of question it is;
answer_forms: the kind and form of the answer; sources/: what is asked of the bibliographies; question: the whole of
what is asked.
"""
