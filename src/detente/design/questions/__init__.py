"""The questions of an analyst about a case, each answered with plans from next door: `assessment`, `explain`, `gap`,
`critical`, `frontier`, and what a plan rests on (`footing`). DESIGN §6. Nothing here writes a programme.
"""
