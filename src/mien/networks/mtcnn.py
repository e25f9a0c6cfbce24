"""The three networks of MTCNN (Zhang, Zhang, Li and Qiao 2016, figure 2).

Paper: "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional Networks". Each network takes a
larger window than the one before and makes fewer errors.

The input is a window [N,3,side,side] in about [-1, 1]. Every network returns the probability of a face. It also returns
the distances of the face's edges from the window's edges, relative to the side. The last network also returns five
landmarks.
"""

from __future__ import annotations

from torch import Tensor, nn


class Proposal(nn.Module):
    """P-Net: fully convolutional, so that one pass judges every window of 12 px in an image, two pixels apart.

    [N,3,H,W] -> probabilities [N,rows,columns], edges [N,4,rows,columns] (left, top, right, bottom)
    """

    side, stride = 12, 2

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            *(nn.Conv2d(3, 10, 3), nn.PReLU(10), nn.MaxPool2d(2, 2, ceil_mode=True)),
            *(nn.Conv2d(10, 16, 3), nn.PReLU(16)),
            *(nn.Conv2d(16, 32, 3), nn.PReLU(32)),
        )
        self.edges = nn.Conv2d(32, 4, 1)
        self.face = nn.Conv2d(32, 2, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.trunk(image)
        return self.face(seen).softmax(1)[:, 1], self.edges(seen)


class Refinement(nn.Module):
    """R-Net. [N,3,24,24] -> probabilities [N], edges [N,4]"""

    side = 24

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            *(nn.Conv2d(3, 28, 3), nn.PReLU(28), nn.MaxPool2d(3, 2, ceil_mode=True)),
            *(nn.Conv2d(28, 48, 3), nn.PReLU(48), nn.MaxPool2d(3, 2, ceil_mode=True)),
            *(nn.Conv2d(48, 64, 2), nn.PReLU(64)),
        )
        self.dense = nn.Sequential(nn.Linear(576, 128), nn.PReLU(128))
        self.edges = nn.Linear(128, 4)
        self.face = nn.Linear(128, 2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.dense(flat(self.trunk(image)))
        return self.face(seen).softmax(1)[:, 1], self.edges(seen)


class Output(nn.Module):
    """O-Net. [N,3,48,48] -> probabilities [N], edges [N,4], landmarks [N,5,2].

    Landmarks are (x, y) relative to the side: the eye on the left of the image, the eye on the right, the nose, and the
    two corners of the mouth.
    """

    side = 48

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            *(nn.Conv2d(3, 32, 3), nn.PReLU(32), nn.MaxPool2d(3, 2, ceil_mode=True)),
            *(nn.Conv2d(32, 64, 3), nn.PReLU(64), nn.MaxPool2d(3, 2, ceil_mode=True)),
            *(nn.Conv2d(64, 64, 3), nn.PReLU(64), nn.MaxPool2d(2, 2, ceil_mode=True)),
            *(nn.Conv2d(64, 128, 2), nn.PReLU(128)),
        )
        self.dense = nn.Sequential(nn.Linear(1152, 256), nn.PReLU(256))
        self.edges = nn.Linear(256, 4)
        self.landmarks = nn.Linear(256, 10)
        self.face = nn.Linear(256, 2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        seen = self.dense(flat(self.trunk(image)))
        points = self.landmarks(seen).unflatten(1, (2, 5)).transpose(1, 2)
        return self.face(seen).softmax(1)[:, 1], self.edges(seen), points


def flat(seen: Tensor) -> Tensor:
    """[N,C,H,W] -> [N,W*H*C]: the published dense layers count columns first, then rows, then channels."""
    return seen.permute(0, 3, 2, 1).flatten(1)
