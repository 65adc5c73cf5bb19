"""The conditions of a deal as linear rows over a plan's shares, which a solver can hold.

`arrays` compiles a dossier; `breaches` say what each measure does after a deviation, `laws` and `detection` when;
`entries`, `interactions` and `losses` what that is worth, `paths` puts it together, `temptation` makes rows of it. For
one fixed plan, `fixed` does the same with the amounts left open: `numbers` and `stated` hold these, `what_if` asks what
the plan is worth under others. The judge next door goes its own way: neither imports the other.
"""
