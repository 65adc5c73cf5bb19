"""Plan and inspection regimes chosen together, and the least inspection that a deal needs. DESIGN §5, §6.

`regimes` are the menus, `choosing` the programme, `least_effort` and `least_detection` ask it, `needs` is the whole
answer, `joint` the one design.
"""
