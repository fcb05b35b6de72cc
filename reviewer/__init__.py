"""Puts a whole codebase in front of Claude and brings back a grounded Markdown review."""

__version__ = "0.1.0"
