"""The chat page: Gradio Blocks over the answer service, mounted under `/chat`."""
