"""What the verifier found and plans, as people read it: declarations, balances, samples, inspections, a deal's needs.

It is worked out in `verify` and `design.inspections`; nothing of a roadmap is told here but how its steps are seen.
"""
