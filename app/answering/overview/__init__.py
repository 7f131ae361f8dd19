"""Answers on whole documents (summary, sections, comparison, tables) and small talk."""
