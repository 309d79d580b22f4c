"""A demonstration from nothing: requests of a real Moodle, demo people, and CMaRS asking, on a clock that stands
still."""
