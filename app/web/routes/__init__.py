"""The addresses that need no Gradio: the API, pages, sources, the chat page's tools."""
