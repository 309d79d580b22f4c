"""People: learners, the OCI IDs they hold, the profile field those stand in, and the names statements know people
by."""
