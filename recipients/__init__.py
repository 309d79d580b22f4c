"""The systems that receive learning records, one sub-package each. `recipients/README.md` says how to add one."""
