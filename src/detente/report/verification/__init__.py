"""Figures of what the verifier found and plans."""
