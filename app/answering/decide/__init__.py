"""Evidence → confidence, and whether to abstain."""
