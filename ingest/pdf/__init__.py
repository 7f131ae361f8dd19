"""The pages of a PDF, read by a process of its own, then put together.

In the reading process (`layout/`): worker → check (pypdf) → glyphs (PDFium) → reading_order (lines, columns, tables),
page by page. In the calling process: headers → paragraphs, kinds → blocks, over all pages. `page` holds the types of
both. `facsimile/` shows the pages as they are printed.
"""
