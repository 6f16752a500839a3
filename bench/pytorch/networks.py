"""The published networks that the benchmark trains, as the paper describes them: one per neuron."""

import torch
from torch import nn


class Alpha(nn.Sequential):
    """Convolution 5x5, max pool 2, batch norm, sigmoid, channel dropout."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, channels, 5),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(channels),
            nn.Sigmoid(),
            nn.Dropout2d(0.3),
        )


class Beta(nn.Sequential):
    """Convolution 3x3 or 1x1, batch norm, sigmoid."""

    def __init__(self, channels: int, kernel: int = 3) -> None:
        convolution = nn.Conv2d(channels, channels, kernel)
        super().__init__(convolution, nn.BatchNorm2d(channels), nn.Sigmoid())


class Centre(nn.Module):
    """The centre hypercolumn of the 9x9."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, 4, 4]


class Attention(nn.Module):
    """Self-attention with mapped values, batch norm, sigmoid, channel dropout."""

    def __init__(self, channels: int, projected: int = 5) -> None:
        super().__init__()
        self.query = nn.Conv2d(channels, projected, 1)
        self.key = nn.Conv2d(channels, projected, 1)
        self.value = nn.Conv2d(channels, projected, 1)
        self.output = nn.Conv2d(projected, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(1))
        self.after = nn.Sequential(nn.BatchNorm2d(channels), nn.Sigmoid(), nn.Dropout2d(0.3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, _, height, width = x.shape
        query, key, value = (f(x).flatten(2) for f in (self.query, self.key, self.value))
        attention = torch.softmax(query.transpose(1, 2) @ key, dim=-1)  # [B, cells, cells]
        gathered = (value @ attention.transpose(1, 2)).view(batch, -1, height, width)
        return self.after(self.gamma * self.output(gathered) + x)


def network(architecture: str) -> nn.Module:
    """ff_cnn, ff_sa_cnn or rf_cnn, on stimuli of 50x50 pixels."""
    if architecture == "rf_cnn":
        betas = [Beta(32, 1), nn.Dropout2d(0.3), Beta(32, 1)]
        return nn.Sequential(Alpha(1, 32), Alpha(32, 32), *betas, Centre(), nn.Linear(32, 1))
    channels, attention = {"ff_cnn": (32, False), "ff_sa_cnn": (30, True)}[architecture]
    return nn.Sequential(
        Alpha(1, channels),
        Alpha(channels, channels),
        *([Attention(channels)] if attention else []),
        Beta(channels),
        nn.Dropout2d(0.3),
        Beta(channels),
        nn.Flatten(),
        nn.Linear(5 * 5 * channels, 1),
    )
