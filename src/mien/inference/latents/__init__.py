"""What artists do with a trained generator: walks, mixtures, directions, projections: all are latents that are drawn.

A latent `w` is what `Generator.mapping` gives and `Generator.synthesis` draws: [N,num_ws,w_dim] where the network has a
mapping of its own, one for each layer; else z itself, [N,latent_dim].
"""
