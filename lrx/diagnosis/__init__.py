"""Diagnosis: why a record that is complete here is missing there, from the text of a ticket to the reply."""
