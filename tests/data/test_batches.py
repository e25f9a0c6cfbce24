"""The stream of batches as a pure function of images seen, and its division among processes."""

from itertools import islice

import numpy as np
import pytest
import torch

from mien.batch import Batch
from mien.data.batches import Batches, derive_seed


def numbered(count, channels=1, size=4):
    """Image n is filled with the byte n, but for its left column, which is 255 - n."""
    pixels = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, size, size, channels), np.uint8)
    pixels[:, :, 0] = 255 - pixels[:, :, 0]
    return pixels


def numbers(batch):
    """Which images a batch holds (not mirrored)."""
    return (batch.image[:, 0, 0, 1] * 127.5 + 127.5).round().int().tolist()


def stream(batches, count, start=0, purpose="discriminator"):
    return list(islice(batches(start, purpose), count))


@pytest.mark.parametrize("size, batch_size", [(48, 8), (50, 8), (7, 3), (100, 64), (8, 8)])
def test_every_picture_once_an_epoch(size, batch_size):
    batches = Batches(numbered(size), batch_size=batch_size)
    seen = [number for batch in stream(batches, 4 * size // batch_size + 1) for number in numbers(batch)]
    epochs = [seen[start : start + size] for start in range(0, len(seen) - size + 1, size)]
    assert len(epochs) >= 3
    assert all(sorted(epoch) == list(range(size)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)  # each in an order of its own


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_set_smaller_than_the_batch(size):
    batches = Batches(numbered(size), batch_size=16)
    seen = [number for batch in stream(batches, 5) for number in numbers(batch)]
    assert len(seen) == 80
    assert all(sorted(seen[start : start + size]) == list(range(size)) for start in range(0, 80 - size + 1, size))


@pytest.mark.parametrize("world_size", [2, 4])
def test_each_process_has_its_places_of_the_batch(world_size):
    """Process r of W has the places r, r + W …: the same images with the same flips and crops, of one seed."""
    pixels = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 3), np.uint8)
    more = {"batch_size": 8, "seed": 3, "mirror": True, "jitter": 0.5, "sources": pixels[::-1], "paired": False}
    whole = Batches(pixels, **more)
    parts = [Batches(pixels, **more, rank=rank, world_size=world_size) for rank in range(world_size)]
    for images in range(0, 160, 8):
        batch = whole.at(images, "discriminator")
        for rank, own in enumerate(part.at(images, "discriminator") for part in parts):
            assert torch.equal(own.image, batch.image[rank::world_size])
            assert torch.equal(own.source, batch.source[rank::world_size])
            assert own.seed == batch.seed


def equal(one, other):
    return torch.equal(one.image, other.image) and one.seed == other.seed


def test_a_pure_function_of_the_images_seen():
    """Asked for in any order, by an object that has answered other questions before."""
    fresh = [Batches(numbered(20), batch_size=8, mirror=True).at(images, "generator") for images in range(0, 160, 8)]
    used = Batches(numbered(20), batch_size=8, mirror=True)
    for images in (152, 0, 80, 8, 144, 16, 0, 152):
        assert equal(used.at(images, "generator"), fresh[images // 8])
    assert all(equal(one, other) for one, other in zip(stream(used, 20, purpose="generator"), fresh, strict=True))
    resumed = stream(Batches(numbered(20), batch_size=8, mirror=True), 10, start=80, purpose="generator")
    assert all(equal(one, other) for one, other in zip(resumed, fresh[10:], strict=True))


def test_seed_purpose_and_images_each_change_the_draws():
    def seed(images=0, purpose="discriminator", **more):
        return Batches(numbered(20), batch_size=8, **more).at(images, purpose).seed

    assert seed() == seed()
    others = [seed(8), seed(purpose="generator"), seed(seed=1)]
    assert len({seed(), *others}) == 4


def test_another_seed_is_another_order():
    one, other = (stream(Batches(numbered(48), batch_size=48, seed=seed), 1)[0] for seed in (0, 1))
    assert numbers(one) != numbers(other) and sorted(numbers(one)) == sorted(numbers(other))


def test_both_players_see_the_same_pictures_but_draw_other_latents():
    batches = Batches(numbered(48), batch_size=8, mirror=True)
    one, other = batches.at(16, "discriminator"), batches.at(16, "generator")
    assert torch.equal(one.image, other.image) and one.seed != other.seed


def test_mirror_flips_half_of_the_pictures_left_to_right():
    plain, mirrored = (Batches(numbered(100), batch_size=100, mirror=on) for on in (False, True))
    flips = 0
    for images in range(0, 2000, 100):
        for before, after in zip(plain.at(images, "d").image, mirrored.at(images, "d").image, strict=True):
            flipped = torch.equal(after, before.flip(-1))
            assert flipped or torch.equal(after, before)
            flips += flipped
    assert 900 < flips < 1100  # of 2000 with probability 1/2: 4.5 standard deviations


def test_images_are_floats_that_keep_every_byte_and_labels_follow_their_pictures():
    pixels = numbered(30, channels=3)
    labels = np.eye(30, dtype=np.float32)
    (batch,) = stream(Batches(pixels, labels, batch_size=10), 1)
    assert batch.image.shape == (10, 3, 4, 4) and batch.image.dtype == torch.float32
    assert batch.image.min() >= -1 and batch.image.max() <= 1
    assert batch.label.argmax(1).tolist() == numbers(batch)
    for image, number in zip(batch.image, numbers(batch)):
        assert np.array_equal((image * 127.5 + 127.5).round().byte().permute(1, 2, 0).numpy(), pixels[number])


def test_the_pictures_are_read_once_and_not_shared_with_the_file(tmp_path):
    np.save(tmp_path / "images.npy", numbered(10))
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r+")
    batches = Batches(mapped, batch_size=10)
    before = batches.at(0, "d").image
    mapped[:] = 0
    assert torch.equal(batches.at(0, "d").image, before)


def test_seeds_are_the_same_on_every_machine():
    assert derive_seed(0, 1, 64, "generator") == 4628035109462034624
    assert derive_seed(12, 3) != derive_seed(1, 23)
    assert all(0 <= derive_seed(number, "x") < 2**63 for number in range(1000))


# --- sources ----------------------------------------------------------------------------------------------------------


def sides(count=40, size=4):
    """Source n is image n in negative."""
    pixels = numbered(count, size=size)
    return pixels, 255 - pixels


@pytest.mark.parametrize("more", [{}, {"mirror": True}, {"mirror": True, "jitter": 0.5}])
def test_a_pair_is_mirrored_and_cut_as_one(more):
    pixels, sources = sides()
    for batch in stream(Batches(pixels, batch_size=8, sources=sources, **more), 10):
        torch.testing.assert_close(batch.source, -batch.image)
    plain = stream(Batches(pixels, batch_size=8, **more), 10)
    given = stream(Batches(pixels, batch_size=8, sources=sources, **more), 10)
    assert all(equal(one, other) and one.source is None for one, other in zip(plain, given, strict=True))


def test_unpaired_sources_have_an_epoch_and_draws_of_their_own():
    pixels, sources = numbered(40), numbered(30)
    batches = Batches(pixels, batch_size=10, sources=sources, paired=False)
    seen = [number for batch in stream(batches, 6) for number in numbers(Batch(batch.source))]
    assert sorted(seen[:30]) == sorted(seen[30:]) == list(range(30)) and seen[:30] != seen[30:]
    assert numbers(batches.at(0, "d")) != seen[:10]
    assert torch.equal(batches.at(20, "d").source, batches.at(20, "g").source)
    same = np.repeat(numbered(1), 40, axis=0)
    both = Batches(same, batch_size=40, sources=same, paired=False, mirror=True).at(0, "d")
    assert not torch.equal(both.image, both.source)  # some are flipped on one side only


def test_jitter_cuts_the_enlarged_picture_at_a_place_drawn_for_each():
    ramp = np.broadcast_to(np.arange(0, 256, 16, dtype=np.uint8)[None, None, :, None], (64, 16, 16, 1))
    plain = Batches(ramp, batch_size=64).at(0, "d").image
    cut = Batches(ramp, batch_size=64, jitter=0.25).at(0, "d").image  # 20 to 16: five places along each side
    assert cut.shape == plain.shape
    slope = (cut[:, 0, 8, 10] - cut[:, 0, 8, 5]) / (plain[:, 0, 8, 10] - plain[:, 0, 8, 5])
    torch.testing.assert_close(slope, torch.full((64,), 0.8))
    starts = {round(float(value), 3) for value in cut[:, 0, 8, 8]}
    assert len(starts) == 5
    again = Batches(ramp, batch_size=64, jitter=0.25)
    assert torch.equal(again.at(0, "g").image, cut) and not torch.equal(again.at(64, "d").image, cut)


@pytest.mark.parametrize("jitter", [0.0, 0.5])
def test_the_layout_in_memory_is_the_one_asked_for(jitter):
    pixels, sources = (side.repeat(3, axis=-1) for side in sides())
    settings = {"batch_size": 2, "sources": sources, "jitter": jitter}
    one, other = (Batches(pixels, **settings, channels_last=last).at(0, "d") for last in (True, False))
    for name in ("image", "source"):
        last, plain = getattr(one, name), getattr(other, name)
        assert last.is_contiguous(memory_format=torch.channels_last) and plain.is_contiguous()
        assert torch.equal(last, plain)
