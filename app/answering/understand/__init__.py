"""Question → what is asked.

message/: the questions in a message; history/: complete a follow-up from the conversation; classifier: which kind of
question it is; answer_forms: the kind and form of the answer; sources/: what is asked of the bibliographies; question:
puts all of this together.
"""
