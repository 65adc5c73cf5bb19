"""What people read: words, tables and figures of every answer, and the pages made of them. DESIGN §6, §8.

Terminal, pages and notebooks take their sentences from here, so that one fact is said one way. Nothing is worked out
here that an answer does not hold. `kit` is what every page is made of; `roadmap` reads a plan, `questions` what is
asked of a case, `assessment` all that is known of one, `verification` what the verifier found; `foreign` writes plans
for other programs; `write` and `pages` put the files together.
"""
