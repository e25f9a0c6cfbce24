"""Latents of a trained generator: interpolation, style mixing, directions, inversion.

`w` is the result of `Generator.mapping` and the input of `Generator.synthesis`. With a mapping network it is
[N,num_ws,w_dim], one latent for each layer. Without one it is z, [N,latent_dim].
"""
