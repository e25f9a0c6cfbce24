"""Files of tensors that are cut, forged or no files at all."""

import json
import os
import struct

import msgspec
import pytest
import torch
from safetensors.torch import save

from mien.errors import FileError
from mien.runs import tensor_files


class Header(msgspec.Struct, frozen=True):
    images: int


def raw(header: bytes, body: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + body


def described(**entry) -> bytes:
    return json.dumps({"__metadata__": {"mien": '{"images": 3}'}, **entry}).encode()


def test_tensors_and_header_come_back(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(save({"w": torch.arange(3.0)}, {"mien": '{"images": 3}'}))
    tensors, header = tensor_files.read(path, Header)
    assert tensors["w"].tolist() == [0, 1, 2] and header == tensor_files.read_header(path, Header) == Header(3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 8,
        raw(b"{}", length=2**63),
        raw(b"{}", length=10**9),
        raw(b"[]"),
        raw(b"{" * 50_000),
        raw(b"\xff" * 100),
        raw(described(w={"dtype": "F32", "shape": [10**12], "data_offsets": [0, 4]}), b"\0" * 4),
        raw(described(w={"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 4]}), b"\0" * 4),
        raw(described(w={"dtype": "F32", "shape": [1], "data_offsets": [2**63, 4]}), b"\0" * 4),
        raw(described(w={"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}), b"\0" * 4),
        raw(described(w={"dtype": "Q99", "shape": [1], "data_offsets": [0, 4]}), b"\0" * 4),
        raw(described(w={"dtype": "F32", "shape": [1], "data_offsets": [0, 4]})),
        save({"w": torch.zeros(1)}),
        save({"w": torch.zeros(1)}, {"mien": "{"}),
        save({"w": torch.zeros(1)}, {"mien": '{"images": "x"}'}),
    ],
)
def test_what_is_damaged_or_forged_is_one_line(tmp_path, data):
    path = tmp_path / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(FileError, match=r"a\.safetensors") as told:
        tensor_files.read(path, Header)
    assert "\n" not in str(told.value)


def test_a_cut_at_every_length_is_one_line(tmp_path):
    whole = save({"w": torch.arange(6.0), "v": torch.ones(2, 2)}, {"mien": '{"images": 3}'})
    path = tmp_path / "a.safetensors"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError):
            tensor_files.read(path, Header)
        with pytest.raises(FileError):
            tensor_files.from_bytes(whole[:length], "a.safetensors")


def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a.safetensors")
    with pytest.raises(FileError, match="not a regular file"):
        tensor_files.read(tmp_path / "a.safetensors", Header)
