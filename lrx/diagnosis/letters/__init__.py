"""Letters about a diagnosis: one module for each kind of reader, and the sentences by reason."""
