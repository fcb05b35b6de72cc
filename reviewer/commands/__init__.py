"""One module a command, each with a `run` that returns the exit code. Here the concrete parts are wired to the story in `review.py`."""
