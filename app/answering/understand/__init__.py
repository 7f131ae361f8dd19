"""Question → what is asked.

message/: the questions in a message; history/: complete a follow-up from the conversation; intent_model: the chance of
each kind of question; classifier: requests for a whole document, and small talk; answer_forms: the kind and form of the
answer; sources/: what is asked of the bibliographies; question: puts all of this together.
"""
