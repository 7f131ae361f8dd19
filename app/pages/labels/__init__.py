"""The labels of pages and scripts in four languages, and the language that a reader prefers."""
