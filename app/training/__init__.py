"""Fitting the weights that ship. Left out of the wheel."""
