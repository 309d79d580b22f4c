"""Claims that arrive as xAPI statements: whether one is well formed, who it is about, and what it means."""
