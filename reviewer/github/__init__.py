"""GitHub: the event that started us, the pull request, and what is posted there."""
