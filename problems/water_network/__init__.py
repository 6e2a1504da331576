"""Water networks with free concentrations: process units, treatment units, fresh water, discharge."""

from .case import WaterNetworkCase
from .model import water_network_model

__all__ = ["WaterNetworkCase", "water_network_model"]
