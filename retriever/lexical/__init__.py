"""Retrieval by words: BM25, proximity of query terms, abbreviations that documents define."""
