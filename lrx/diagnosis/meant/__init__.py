"""Whom and what people mean: the text of a ticket, and what is typed, made a learner, a course and a recipient."""
