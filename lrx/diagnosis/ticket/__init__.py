"""The text of a ticket, read: everything in it that may name a person, a course, a recipient, a code or a day."""

from lrx.diagnosis.ticket.reader import LONGEST, TicketTooLong, read_ticket
from lrx.diagnosis.ticket.values import Found, Kind, Role, Ticket, Word

__all__ = ["LONGEST", "Found", "Kind", "Role", "Ticket", "TicketTooLong", "Word", "read_ticket"]
