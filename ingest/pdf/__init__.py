"""The pages of a PDF: read by a process of its own (`worker`), then put together (`headers`, `paragraphs`, `blocks`).

Nothing that the worker imports may import numpy: each PDF pays for the worker's start.
"""
