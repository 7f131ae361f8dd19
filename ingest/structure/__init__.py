"""Structure that no format states: headings, sentences, tables, notes, bibliography entries, front matter."""
