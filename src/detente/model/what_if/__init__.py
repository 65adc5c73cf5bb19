"""A fixed plan under other numbers: what its shape decides is worked out once, numbers come in as arrays. DESIGN §4.

`numbers` are the numbers of a model, `stated` stakes and effects as a dossier has them, `slots` the places of amounts.
`fixed` values the paths of one plan (`entered`) with amounts left open, by what somebody feels on them (`felt`, of
interactions `fulfilled`); `compared` makes rows of these, anew where something has `changed`; `asking` has the answers.
It stands on `rows`, whose formulas it uses; a printed plan is judged.
"""
