"""Courses: what is completed, their activities, and the recipients their records go to."""
