"""From trained members or bare vectors to the scores of a record: one module per kind of task, over `scores`."""
