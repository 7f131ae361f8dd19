"""Evidence → confidence, and whether to abstain.

confidence: features, confidence and threshold; named_things: names and numbers of the question that the best sentence
lacks; contradictions: how the best sentence contradicts the question.
"""
