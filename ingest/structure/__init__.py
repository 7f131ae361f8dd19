"""Recognise structure that file formats do not state: headings, tables, notes, bibliography, front matter."""
