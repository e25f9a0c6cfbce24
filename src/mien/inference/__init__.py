"""Images from a snapshot: generators, translators and latents."""
