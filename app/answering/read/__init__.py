"""Passages → sentences, spans, table cells, enumerations."""
