"""Whether a composed sentence says no more than the passages that it cites: figures, names, polarity, meaning."""
