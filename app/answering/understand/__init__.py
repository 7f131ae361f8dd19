"""Question → what is asked."""
