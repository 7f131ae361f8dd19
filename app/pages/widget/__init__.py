"""The page in the widget's frame, and the page that shows a widget with its options."""
