"""Composed answers: a language model writes over the passages found; each sentence is checked before it is seen."""
