"""The doctor: looks at everything an operator can get wrong, says of each whether it is fine, and what to do next."""

from lrx.doctor.examination import examine
from lrx.doctor.finding import Finding, Level, worst

__all__ = ["Finding", "Level", "examine", "worst"]
