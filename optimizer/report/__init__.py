"""report.html: what was found, for a plant manager, on one page that needs no network."""

from .content import FlowLine, FlowPicture, Histogram, Picture, ReportContent, Table
from .page import render_report

__all__ = ["FlowLine", "FlowPicture", "Histogram", "Picture", "ReportContent", "Table", "render_report"]
