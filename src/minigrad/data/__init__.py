"""What the labs train on: a synthetic task, and characters of real text."""
