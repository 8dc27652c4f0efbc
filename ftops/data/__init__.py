"""Training files: what they hold, apart from how they were saved."""
