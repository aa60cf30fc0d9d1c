"""The problem sheet's NICE in PyTorch: the peer that LuaFlow's own is measured and tested against.

The parameters have the names of the checkpoints that `flow.load` reads:

    coupling.K.in_block.0.{weight,bias}      Linear(dim / 2, hidden), ReLU
    coupling.K.mid_block.J.0.{weight,bias}   Linear(hidden, hidden), ReLU      J = 0 ... layers - 2
    coupling.K.out_block.{weight,bias}       Linear(hidden, dim / 2)
    scaling.scale                            (1, dim), log-scale

Coupling K shifts the even positions (counted from 0) by a network of the odd ones when K is even, and the other way
round when K is odd. z = x * exp(scale), log|det dz/dx| = sum(scale), and z is standard logistic.
"""

import json
import struct

import torch
from torch import nn
from torch.nn import functional as F


class Coupling(nn.Module):
    def __init__(self, dim, hidden, layers, shifts_even):
        super().__init__()
        self.shifts_even = shifts_even
        self.in_block = nn.Sequential(nn.Linear(dim // 2, hidden), nn.ReLU())
        self.mid_block = nn.ModuleList(
            nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU()) for _ in range(layers - 1))
        self.out_block = nn.Linear(hidden, dim // 2)

    def forward(self, x, inverse=False):
        batch, dim = x.shape
        even, odd = x.reshape(batch, dim // 2, 2).unbind(dim=2)
        kept, moved = (odd, even) if self.shifts_even else (even, odd)
        shift = self.in_block(kept)
        for block in self.mid_block:
            shift = block(shift)
        shift = self.out_block(shift)
        moved = moved - shift if inverse else moved + shift
        pair = (moved, kept) if self.shifts_even else (kept, moved)
        return torch.stack(pair, dim=2).reshape(batch, dim)


class Scaling(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(1, dim))


class NICE(nn.Module):
    def __init__(self, dim=784, hidden=1000, layers=5, couplings=4):
        super().__init__()
        self.coupling = nn.ModuleList(Coupling(dim, hidden, layers, k % 2 == 0) for k in range(couplings))
        self.scaling = Scaling(dim)

    def to_latent(self, x):
        """x (B, D) -> z (B, D), log|det dz/dx| (B)."""
        for coupling in self.coupling:
            x = coupling(x)
        return x * torch.exp(self.scaling.scale), self.scaling.scale.sum().expand(x.shape[0])

    def to_data(self, z):
        """z (B, D) -> x (B, D)."""
        x = z * torch.exp(-self.scaling.scale)
        for coupling in reversed(self.coupling):
            x = coupling(x, inverse=True)
        return x

    def log_prob(self, x):
        """x (B, D) -> log p(x) (B), in nats."""
        z, log_det = self.to_latent(x)
        return -(F.softplus(z) + F.softplus(-z)).sum(dim=1) + log_det


def read_state(path):
    """The state dict in a .pt file, or in a .safetensors file (read here, so that torch is the only requirement)."""
    if not str(path).endswith(".safetensors"):
        return torch.load(path, map_location="cpu", weights_only=True)
    types = {"F16": torch.float16, "F32": torch.float32, "F64": torch.float64}
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        body = bytearray(file.read())
    header.pop("__metadata__", None)
    return {name: torch.frombuffer(body, dtype=types[entry["dtype"]],
                                   offset=entry["data_offsets"][0],
                                   count=(entry["data_offsets"][1] - entry["data_offsets"][0])
                                   // types[entry["dtype"]].itemsize).reshape(entry["shape"])
            for name, entry in header.items()}


def from_state(state, dtype=torch.float32):
    """The NICE that these parameters belong to, its sizes read from their names and shapes."""
    hidden, half = state["coupling.0.in_block.0.weight"].shape
    couplings = len({name.split(".")[1] for name in state if name.startswith("coupling.")})
    layers = 1 + len({name for name in state if name.startswith("coupling.0.mid_block.") and name.endswith("weight")})
    model = NICE(2 * half, hidden, layers, couplings).to(dtype)
    model.load_state_dict(state)
    return model
