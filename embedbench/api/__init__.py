"""Everything the command line does, for Python and notebooks; import the names from `embedbench` itself.

The functions compose the same configuration as the command line and run the same code, so the same cell has the same
identity, the same numbers and the same record, whichever of the two computed it.
"""
