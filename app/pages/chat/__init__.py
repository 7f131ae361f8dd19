"""The chat page around its conversation."""
