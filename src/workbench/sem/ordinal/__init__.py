"""Ordered answers: thresholds, polychoric correlations, and models fitted to them."""
