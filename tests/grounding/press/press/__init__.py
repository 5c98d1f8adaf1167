"""A press."""
