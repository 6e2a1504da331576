"""What can go wrong with a cluster, in one sentence each."""

from __future__ import annotations


class ClusterError(Exception):
    """The cluster cannot do the work; the message names the address or the chunk, and what to do."""
