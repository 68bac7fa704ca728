"""Frontload: components declare what data they need; each load starts at the first instant at which it can."""
