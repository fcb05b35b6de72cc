"""A Reply in, findings out whose quotes are really there."""
