"""A fixed plan under other numbers: what its shape decides is worked out once, numbers come in as arrays. DESIGN §4.

`numbers` are the numbers of a model, `stated` stakes and effects as a dossier has them, `fixed` the paths of one plan
with amounts left open, `asking` the answers. It stands on `rows`, whose formulas it uses; a printed plan is judged.
"""
