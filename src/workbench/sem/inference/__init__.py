"""From estimates to what is reported: errors, tests, fit measures, intervals, scores."""
