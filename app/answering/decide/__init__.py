"""Evidence → confidence, and whether to abstain.

confidence: features, confidence and threshold; named_things: what of the question the best sentence lacks;
contradictions: what in it contradicts the question.
"""
