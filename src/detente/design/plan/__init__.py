"""Plans: the mixed-integer programme of a dossier, who solves it, and the rules that say which plan is best. DESIGN §5.

`problem` writes what a plan may be over `program` (HiGHS), `solve` finds plans and bounds, `rules` choose, `known`
keeps what serves every question about one model, `judging` asks the judge, `kinds` names the rules. Questions about
plans are in `questions`.
"""
