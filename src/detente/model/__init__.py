"""The model: what is computed on, and who says whether a plan stands. DESIGN §4, §5.

`plan` is a plan; `levels` and `bounds` say where interests stand; `tolerance` what is too slight to count; `kinds`
and `numeric` name types. Two rooms say whether a plan is kept, in two ways that share no code and never import each
other: `rows`, as linear conditions that a solver can hold, and `judge`, as direct simulation. Nothing here looks for
plans.
"""
