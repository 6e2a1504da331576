"""Where it runs: chunk plan, execution, result store, resumable studies."""

from .errors import ClusterError, LostChunkError
from .plan import Chunk, plan
from .scheme import Scheme, Serial
from .work import Work, content_key

__all__ = ["Chunk", "ClusterError", "LostChunkError", "Scheme", "Serial", "Work", "content_key", "plan"]
