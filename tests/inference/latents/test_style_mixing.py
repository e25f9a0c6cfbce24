import pytest
import torch

from mien.errors import UsageError
from mien.inference.latents.style_mixing import mix_styles, parse_layers, with_parents


def test_layers_as_written():
    assert parse_layers("0-3", 10, 4) == [0, 1, 2, 3]
    assert parse_layers("5, 0-1,1", 10, 4) == [0, 1, 5]
    assert parse_layers(None, 10, 4) == [0, 1, 2, 3]


@pytest.mark.parametrize("text", ["", "a", "3-1", "-1", "0-10", "0.5", "10"])
def test_layers_refused(text):
    with pytest.raises(UsageError, match="--layers"):
        parse_layers(text, 10, 4)


def test_each_layer_comes_from_the_row_or_from_the_column():
    rows = torch.arange(2.0)[:, None, None].expand(2, 3, 4)
    columns = 10 + torch.arange(3.0)[:, None, None].expand(3, 3, 4)
    mixed = mix_styles(rows, columns, [0, 2])
    assert mixed.shape == (2, 3, 3, 4)
    assert mixed[1, 2, :, 0].tolist() == [12.0, 1.0, 12.0]
    sheet = with_parents(rows, columns, [0, 2])
    assert sheet.shape == (3, 4, 3, 4)
    assert sheet[0, 1:, 0, 0].tolist() == [10.0, 11.0, 12.0]
    assert sheet[1:, 0, 0, 0].tolist() == [0.0, 1.0]
    assert torch.equal(sheet[1:, 1:], mixed)
