"""A shop on a real database: the same pages rendered three ways, each with a chart of its loads at its foot."""
