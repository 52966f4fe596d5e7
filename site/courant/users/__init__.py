"""The user model, ours from the first migration on."""
