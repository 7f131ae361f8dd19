"""PDF pages, read in a separate process and then assembled into a document.

In the reading process (`layout/`): worker → check (pypdf) → glyphs (PDFium) → reading_order (lines, columns, tables),
page by page. In the calling process: headers → paragraphs, kinds → blocks, over all pages. `page` has the types for
both. `facsimile/` shows the pages as they are printed.
"""
