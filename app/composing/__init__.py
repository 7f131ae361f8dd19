"""Composed answers: a language model writes from the passages found; each sentence is checked before it is shown."""
