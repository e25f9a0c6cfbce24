"""A trained generator or translator behind HTTP: requests in JSON, images out, waiting requests in one forward."""
