"""The conditions of a deal as linear rows over a plan's shares, which a solver can hold.

`arrays` compiles a dossier; `breaches` say what each measure does after a deviation, `laws` and `detection` when;
`entries`, `interactions` and `losses` what that is worth, `paths` puts it together, `temptation` makes rows of it. The
judge next door does the same in its own way: neither imports the other.
"""
