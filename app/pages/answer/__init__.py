"""An answer as HTML, for the chat page, the widget and the evaluation report."""
