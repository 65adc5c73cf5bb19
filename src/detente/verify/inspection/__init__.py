"""Inspections under a budget against somebody who knows the plan, and samples. VERIFICATION.

`plan` is the whole answer; `games`, `allocation`, `timing` and `sampling` are its parts; `needs` is what a dossier
learns.
"""
