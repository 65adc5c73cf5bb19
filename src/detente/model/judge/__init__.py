"""The judge of plans: every condition by direct simulation from the dossier, in a code of its own.

`check` is its door; `terms` are conditions without values, `paths`, `later` and `detection` say what happens when,
`values` what that is worth, `rows` and `interior` who would gain by it when. It is the oracle of what solvers find, so
it imports nothing of `rows` next door.
"""
