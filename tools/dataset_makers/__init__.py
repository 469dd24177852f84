"""Makers of the data sets of tools/datasets, a file for each idea. They run in .venv; catalog.py runs anywhere."""
