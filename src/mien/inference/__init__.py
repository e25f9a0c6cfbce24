"""From a snapshot to images: generators, translators, latents."""
