"""A Review in, text out: one module a format."""
