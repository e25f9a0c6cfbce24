"""What of a face survives a change of style, measured by agreement with what the source is: both styles can be read, a
perfect translation keeps everything, and one that draws other faces keeps what chance keeps."""

import numpy as np
import pytest
from conftest import reader_of_faces

from mien.data.prepare import prepare
from mien.data.synthetic.draw import draw, sample_face
from mien.data.synthetic.pencil import PAPER, PIGMENT, off_paper
from mien.evaluation.image_sets import labels_of
from mien.metrics.agreement import ClassifierAgreement

COUNT, SIDE = 300, 32
SURVIVING = ("hair", "skin", "outfit", "glasses")


@pytest.fixture(scope="module")
def readers(face_reader, tmp_path_factory):
    """Of colour and of pencil."""
    return [face_reader, reader_of_faces("pencil-reader", tmp_path_factory, learned=1200, pencil=True)]


def agreements(classifier, images, faces, drawn, sources):
    real = classifier(np.array(images))
    scores = ClassifierAgreement(faces, sources, classifier).scores(real, classifier(np.array(drawn)))
    return {name.removeprefix("agreement_"): score.value for name, score in scores.items()}


def test_both_styles_can_be_read(readers):
    for classifier in readers:
        right = {one.name: one.accuracy for one in classifier.attributes}
        assert min(right[name] for name in SURVIVING) > 0.95 and min(right["style"], right["eyes"]) > 0.75


def test_what_survives(readers):
    ready = prepare(f"drawn-unpaired:{COUNT}@{SIDE}", SIDE, SIDE)
    other, rows = ready.swapped(), np.arange(COUNT)
    colour, pencil = labels_of(ready, rows), labels_of(other, rows)
    perfect = np.stack([np.asarray(draw(sample_face(0, 2 * row), SIDE, SIDE)) for row in rows])
    kept = agreements(readers[0], ready.images, colour, perfect, pencil)
    assert min(kept[name] for name in SURVIVING) > 0.93
    lost = agreements(readers[0], ready.images, colour, np.roll(perfect, 1, axis=0), pencil)
    assert lost["hair"] < 0.2 and lost["skin"] < 0.4
    untouched = agreements(readers[0], ready.images, colour, other.images, pencil)
    assert untouched["agreement"] < kept["agreement"] - 0.1
    back = agreements(readers[1], other.images, pencil, other.images, pencil)
    assert min(back[name] for name in SURVIVING) > 0.93


def test_colours_come_off_the_paper():
    """Where there are no strokes, colour ** PIGMENT on paper is the colour again."""
    colour = np.array([[40, 130, 220], [255, 255, 255]], np.float64)
    drawn = np.array(PAPER) * (colour / 255) ** PIGMENT
    assert np.abs(off_paper(np.round(drawn).astype(np.uint8)).astype(int) - colour).max() <= 2
