"""Routes that do not need Gradio: the API, pages, sources, the chat page's tools."""
