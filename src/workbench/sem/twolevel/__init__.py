"""Models of two levels: people within units, and the units themselves."""
