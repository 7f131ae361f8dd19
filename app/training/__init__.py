"""Training of what Tenkyo learns from data; not part of the wheel."""
