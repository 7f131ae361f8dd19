"""Cited works: fetch their full texts from the addresses in the bibliography, and record the result for each."""
