"""What a model says before it meets data: its text, parameter table and matrices."""
