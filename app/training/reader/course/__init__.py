"""Training data of the reader: public sets cut into passages, negatives, glosses, and the order of examples."""
