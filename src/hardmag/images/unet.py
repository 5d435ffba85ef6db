"""A small U-Net (Ronneberger et al., 2015) for three phases: the network, its training, and its use on images of any size."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, max_pool2d, one_hot, pad

PHASES = 3
MOST_LEVELS = 4
CORE, MARGIN = 384, 64  # pixels of a tile that are kept, and around them more than the network's levels see


class UNet(nn.Module):
    """Images (b, 1, ny, nx) → logits (b, 3, ny, nx). channels: of each of k levels; ny, nx: multiples of 2^(k−1)."""

    def __init__(self, channels):
        super().__init__()
        self.channels = tuple(channels)
        self.down = nn.ModuleList(_double(a, b) for a, b in zip((1, *channels[:-1]), channels, strict=True))
        pairs = list(zip(channels[:-1], channels[1:], strict=True))
        self.rise = nn.ModuleList(nn.ConvTranspose2d(below, own, 2, stride=2) for own, below in pairs)
        self.up = nn.ModuleList(_double(2 * own, own) for own, _ in pairs)
        self.last = nn.Conv2d(channels[0], PHASES, 1)

    def forward(self, x):
        kept = []
        for level in self.down[:-1]:
            kept.append(level(x))
            x = max_pool2d(kept[-1], 2)
        x = self.down[-1](x)
        for own, rise, up in zip(reversed(kept), reversed(self.rise), reversed(self.up), strict=True):
            x = up(torch.cat([rise(x), own], 1))
        return self.last(x)


def new_network(channels, seed):
    """UNet with random weights; the global random state stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(channels).to(memory_format=torch.channels_last)


def fit(network, batch, steps, rate):
    """Losses (steps,) of training with AdamW and one cycle of the learning rate, whose largest is `rate`.

    batch: function → images (b, ny, nx) float32 and labels (b, ny, nx), new ones at every call. The loss is the cross-entropy
    plus 1 − Dice, the mean over the phases. On one thread, so that weights do not depend on the number of them. The network is
    left frozen.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    losses = np.empty(steps)
    network.train()
    with _one_thread():
        for k in range(steps):
            images, labels = batch()
            images = torch.from_numpy(images)[:, None].contiguous(memory_format=torch.channels_last)
            optimiser.zero_grad()
            value = loss(network(images), torch.from_numpy(labels.astype(np.int64)))
            value.backward()
            optimiser.step()
            schedule.step()
            losses[k] = value.item()
    network.eval()
    network.requires_grad_(False)
    return losses


def loss(logits, labels):
    """Cross-entropy plus 1 − Dice of logits (b, 3, ny, nx) and labels (b, ny, nx)."""
    shares, true = logits.softmax(1), one_hot(labels, PHASES).movedim(-1, 1)
    both, either = (shares * true).sum((0, 2, 3)), (shares + true).sum((0, 2, 3))
    return cross_entropy(logits, labels) + 1 - ((2 * both + 1) / (either + 1)).mean()


def probabilities(network, image):
    """(3, ny, nx) float32 of a normalised image (ny, nx), tile by tile: of each the inner part is kept, which has seen all that
    is near it."""
    ny, nx = image.shape
    unit = 2 ** (len(network.channels) - 1)
    found = np.empty((PHASES, ny, nx), np.float32)
    with torch.no_grad(), _one_thread():
        for y in range(0, ny, CORE):
            for x in range(0, nx, CORE):
                top, left = max(y - MARGIN, 0), max(x - MARGIN, 0)
                tile = torch.from_numpy(np.ascontiguousarray(image[top : y + CORE + MARGIN, left : x + CORE + MARGIN]))
                below, right = (-size % unit for size in tile.shape)
                padded = pad(tile[None, None], (0, right, 0, below), mode="replicate")
                own = network(padded.contiguous(memory_format=torch.channels_last)).softmax(1)[0]
                there = found[:, y : y + CORE, x : x + CORE]
                there[:] = own[:, y - top : y - top + there.shape[1], x - left : x - left + there.shape[2]].numpy()
    return found


def _double(a, b):
    """Two convolutions over 3 × 3 pixels, each with batch normalisation and ReLU."""
    layers = []
    for n in (a, b):
        layers += [nn.Conv2d(n, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class _one_thread:
    """Torch computes on one thread within."""

    def __enter__(self):
        self.threads = torch.get_num_threads()
        torch.set_num_threads(1)

    def __exit__(self, *_):
        torch.set_num_threads(self.threads)
