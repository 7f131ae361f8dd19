"""What the reader learns from: public sets as Tenkyo cuts them, negatives, glosses, and the order of it all."""
