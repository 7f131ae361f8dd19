"""Composed answers: a language model writes sentences over the passages found, and each is checked before it is seen."""
