"""What a run did, step by step: times, tokens and dollars. Never content, never a path of the repository, never a key."""
