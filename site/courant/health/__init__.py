"""Readiness for load balancers and the supervisor."""
