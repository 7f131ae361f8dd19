"""Counts of what a class asks, without names, addresses or cookies; only if the teacher turns them on."""
