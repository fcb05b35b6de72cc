"""A repository in, a Snapshot out: which files were read, which were not, and why."""
