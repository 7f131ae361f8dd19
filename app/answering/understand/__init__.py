"""Question → what is asked.

message/: the questions in a message; history/: complete a follow-up from the conversation; classifier: the chance of
each kind of question, requests for a whole document, and small talk; answer_forms: the kind and form of the answer;
source_signs: what the words of a question say of sources; sources/: what is asked of the bibliographies; question: puts
all of this together.
"""
