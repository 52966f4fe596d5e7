"""SMTP with pipelining over kept-open connections: many messages on the way, every one of them accounted for."""
