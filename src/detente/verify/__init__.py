"""Verification, which knows nothing of deals: declarations, material balances, and inspections with their samples.
DESIGN §6.

What is learned here goes back to a dossier as an overlay.
"""
