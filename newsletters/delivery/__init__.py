"""Mailings, the recipient ledger and the senders."""
