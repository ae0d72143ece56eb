"""Compliance: what a date's trades are held against, and what people make of it.

``checks`` raise alerts with their evidence, ``ranking`` ranks trades by how unusual they are, and
``alerts`` is where people look and decide. The system flags; it concludes and blocks nothing.
"""
