"""PDF pages, read in a separate process and then assembled into a document.

In the reading process (`layout/`): worker checks the file (pypdf), then goes on page by page: glyphs (PDFium) →
reading_order (lines, columns, tables, figures). In the calling process: page_matter → paragraphs, kinds → blocks, over
all pages. `page` has the types for both; `reading_process` starts the reading process. `facsimile/` shows the pages as
they are printed.
"""
