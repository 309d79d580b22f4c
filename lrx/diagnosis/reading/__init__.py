"""What is read for a diagnosis, for one learner or for hundreds with the same queries."""
