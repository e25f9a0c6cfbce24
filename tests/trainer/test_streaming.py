"""A training that streams shards continues exactly after a cut in mid-epoch."""

import pytest
from exact import assert_equal, begin

import mien
from mien.data import orders
from mien.data.prepare import prepare
from mien.data.shard_writer import write_shards

SMALL = ("generator.width=4", "generator.latent_dim=8", "discriminator.width=4")


@pytest.fixture
def sharded(faces, tmp_path, monkeypatch):
    """The URL of a set in three shards."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    ready = prepare(faces, 16, 16)
    list(write_shards(ready, str(tmp_path / "shards"), 20 * ready.images[0].nbytes))
    return f"file://{tmp_path / 'shards'}"


def test_a_cut_in_mid_epoch_of_many_groups_changes_no_bit(sharded, tmp_path, monkeypatch):
    monkeypatch.setattr(orders, "AT_ONCE", 1)
    whole = begin(sharded, tmp_path / "whole", "dcgan", SMALL, "128img")
    stopped = begin(sharded, tmp_path / "stopped", "dcgan", SMALL, "72img")
    mien.resume(stopped, budget="128img")  # the URL is in config.json
    assert_equal(whole.path, stopped.path)
