"""Classes, attributes and texts as conditions of both networks."""
