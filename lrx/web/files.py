"""Files given out piece by piece, to be saved by whoever asks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.responses import StreamingResponse

__all__ = ["Download"]


@dataclass(frozen=True, slots=True)
class Download:
    """A file to give out: `name` is the one it is saved under, plain ASCII; `content` is read once."""

    name: str
    media_type: str
    content: AsyncIterator[bytes]

    def response(self) -> StreamingResponse:
        """The answer that gives it out."""
        headers = {"Content-Disposition": f'attachment; filename="{self.name}"'}
        return StreamingResponse(self.content, headers=headers, media_type=self.media_type)
