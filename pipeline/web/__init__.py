"""Polite, guarded HTTP: what goes out is checked, what comes in is bounded."""
