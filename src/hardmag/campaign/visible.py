"""What half-cycles can run on here."""

import torch


def visible_devices():
    """All GPUs that this process may use, else the CPU."""
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    return [f"cuda:{number}" for number in gpus] or ["cpu"]
