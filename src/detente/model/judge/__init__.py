"""The judge of plans: every condition by direct simulation from the dossier, in a code of its own.

`check` is its door. `facts` (`together`, `detection`) are the dossier as plain numbers, `stakes` what is worth what to
whom, `replies` what answers a breach short of ending the deal, `timing` a plan on the grid, `calendar` the moments at
which somebody could deviate. `terms` (`requirements`) are the conditions without values, `weighing` those with values,
along `paths`. It is the oracle of what solvers find, so it imports nothing of `rows` next door.
"""
