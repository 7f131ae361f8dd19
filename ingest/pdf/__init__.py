"""The pages of a PDF, read by a process of its own, then put together.

In the reading process: worker → check (pypdf) → glyphs (PDFium) → layout (lines, columns, tables), page by page.
In the calling process: headers → paragraphs, entries, kinds → blocks, over all pages. `page` holds the types of both.
"""
