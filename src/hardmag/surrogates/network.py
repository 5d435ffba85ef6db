"""Multilayer perceptrons with ReLU, and their training with Adam that keeps the best epoch."""

from dataclasses import dataclass

import torch

from hardmag.errors import UserError


def perceptron(sizes, generator):
    """Network in fp64 with ReLU between layers of the given sizes; weights and biases uniform in ± 1/√inputs.

    This is PyTorch's own start, but drawn from `generator`, so that the global state stays as it is.
    """
    layers = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        linear = torch.nn.utils.skip_init(torch.nn.Linear, n_in, n_out, dtype=torch.float64)
        for parameter in linear.parameters():
            torch.nn.init.uniform_(parameter, -(n_in**-0.5), n_in**-0.5, generator=generator)
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


@dataclass(frozen=True)
class Fit:
    """best_epoch: the one kept, counted from 1; epochs_run; best_loss: on the held-out rows."""

    best_epoch: int
    epochs_run: int
    best_loss: float


def fit(network, loss, train, held_out, *, generator, epochs, patience, batch_size, learning_rate):
    """Minimise loss(x, y) over the rows train = (x, y); the network is left, frozen, with the weights of the epoch that
    had the least loss on held_out = (x, y).

    patience: epochs without a new minimum after which training stops. Raises UserError if no epoch has a finite loss.
    """
    optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
    best_loss, best_epoch, best_weights = float("inf"), 0, None
    epoch = 0
    while epoch < epochs and epoch - best_epoch < patience:
        epoch += 1
        for batch in torch.randperm(len(train[0]), generator=generator).split(batch_size):
            optimiser.zero_grad()
            loss(train[0][batch], train[1][batch]).backward()
            optimiser.step()
        with torch.no_grad():
            now = float(loss(*held_out))
        if now < best_loss:
            best_loss, best_epoch = now, epoch
            best_weights = {name: value.clone() for name, value in network.state_dict().items()}
    if best_weights is None:
        raise UserError(f"training: no finite loss in {epoch} epochs at learning_rate = {learning_rate:g}")
    network.load_state_dict(best_weights)
    network.requires_grad_(False)
    return Fit(best_epoch, epoch, best_loss)
