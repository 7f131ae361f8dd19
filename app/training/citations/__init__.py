"""Fit the network that labels the words of bibliography entries."""
