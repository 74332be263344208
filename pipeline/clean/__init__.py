"""Capture → document: the only place that imports trafilatura, and that only when a page is cleaned."""

from pipeline.clean.decoding import is_page
from pipeline.clean.page import clean, clean_body, clean_text
from pipeline.clean.rules import RULES

__all__ = ["RULES", "clean", "clean_body", "clean_text", "is_page"]
