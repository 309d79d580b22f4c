"""Reports: read-only views over what is kept, each with the answer to the question people bring to it."""
