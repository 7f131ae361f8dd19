"""What a text states: its figures, its polarity, and words of the same or of opposite meaning in two languages."""
