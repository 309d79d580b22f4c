"""Why a completion is missing at a recipient, and whose turn it is: the checks in order, the verdict, the texts."""
