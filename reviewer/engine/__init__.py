"""A Prompt in, a Reply out: what is asked, and who answers."""
