"""Schema migrations, run by `lrx migrate`."""
