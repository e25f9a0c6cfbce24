"""Faces in pictures: found, turned upright, cut out."""
