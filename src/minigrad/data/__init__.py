"""What the labs train on."""
