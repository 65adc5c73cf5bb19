"""What is asked of a case, as people read it: answers, explanations, the gap, critical numbers and the frontier.

Sentences, tables and charts of each; `report.pages` makes pages of them, and `assessment` tells all of one case.
"""
