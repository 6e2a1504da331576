"""Pooling: blend raw components through pools into products of bounded quality at least cost."""

from .case import PoolingCase
from .model import pooling_model

__all__ = ["PoolingCase", "pooling_model"]
