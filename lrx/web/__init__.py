"""What every HTTP surface shares: endpoints, problems, reading requests, knowing who calls, and what goes around it."""

from lrx.web.asgi import Endpoint, Handler, language_of, no_such_path, request_id_of, wrap

__all__ = ["Endpoint", "Handler", "language_of", "no_such_path", "request_id_of", "wrap"]
