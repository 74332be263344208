"""Newsroom: news feeds and archives in, annotated articles out."""
