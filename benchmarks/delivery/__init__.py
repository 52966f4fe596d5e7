"""How fast delivery is, against what, and what a crash leaves: `make bench-delivery` and `make crash-delivery`."""
