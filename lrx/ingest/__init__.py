"""Claims come in: a completion is recorded once, and owed to the course's recipients."""
