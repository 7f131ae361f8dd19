"""Terms that texts in different languages share: phonetic keys of names, readings, translations."""
