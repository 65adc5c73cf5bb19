"""The report of an assessment, all that is known of a case on one page: its story, tables, figures and inputs.

How a plan reads is `roadmap`, how each further question does `questions`.
"""
