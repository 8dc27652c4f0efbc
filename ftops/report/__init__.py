"""Plans, results and graphs for people and for machines, all from the same data."""
