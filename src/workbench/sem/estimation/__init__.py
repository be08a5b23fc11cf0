"""From data to estimates: moments, the functions that are minimised, starts, minimising."""
