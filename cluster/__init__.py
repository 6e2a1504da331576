"""Where it runs: chunk plan, execution, result store, resumable studies."""

from .plan import Chunk, plan
from .scheme import Scheme, Serial
from .work import Work, run_chunk

__all__ = ["Chunk", "Scheme", "Serial", "Work", "plan", "run_chunk"]
