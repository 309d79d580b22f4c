"""Pages: each prepares one frozen value and hands it to its template."""
