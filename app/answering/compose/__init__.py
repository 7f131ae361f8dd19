"""Sentences → answer: the text, its citations and messages in four languages."""
