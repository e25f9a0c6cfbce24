"""Old names: they work, and one line says the new name."""

from dataclasses import dataclass

from mien.config.renamed import OldName


@dataclass(frozen=True)
class Made:
    images: int

    pictures = OldName("images")

    def doubled(self, times: int = 2) -> int:
        return self.images * times

    twice = OldName("doubled")


def test_an_old_name_works_and_says_the_new_one_once(capsys):
    one, other = Made(3), Made(4)
    assert (one.pictures, other.pictures, other.twice(times=3)) == (3, 4, 12)
    said = capsys.readouterr().err
    assert said.count("Made.pictures is now called images: the old name works in this release only") == 1
    assert said.count("Made.twice is now called doubled") == 1


def test_an_old_name_is_no_field_and_no_argument():
    assert Made(3) == Made(images=3) and repr(Made(3)) == "Made(images=3)"
