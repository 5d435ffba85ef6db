"""When Python may ask what a tensor holds: on the CPU at any time; on a GPU the answer holds up what is to be launched next.

A question whose answer "no" would only spare some work is not asked there. What cannot do without an answer, because the size
of a batch depends on it, waits: twice a pass.
"""

import numpy as np
import torch

AT_HAND = {"cpu"}  # kinds of devices whose values Python sees at no cost
# Passes on other devices between two looks at which half-cycles have ended. Until then these stand still, in a slot that is
# theirs, which costs some tenths of a percent of all passes.
ROUND = 8


def at_hand(device):
    """Whether the values of tensors on a torch.device are seen at no cost."""
    return torch.device(device).type in AT_HAND


def may_hold(condition):
    """Whether any of condition, bool of numpy or torch, holds; where that would have to be waited for, that it may."""
    return not (isinstance(condition, np.ndarray) or at_hand(condition.device)) or bool(condition.any())
