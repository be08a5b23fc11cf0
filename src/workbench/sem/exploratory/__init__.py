"""Exploratory blocks in a structural model: rotation, and the fit in the rotated factors."""
