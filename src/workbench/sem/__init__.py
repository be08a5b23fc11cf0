"""Structural equation models: lavaan's syntax, defaults and names of fit measures."""
