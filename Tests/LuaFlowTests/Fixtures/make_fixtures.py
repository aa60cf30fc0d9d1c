"""Values of the shipped flow on shipped digits, by PyTorch in float64: `python make_fixtures.py` (needs torch).

Writes shipped.safetensors: `log_prob` (10), `gradient` (10, 28, 28) of log_prob, and `after_10_steps` (3, 28, 28) of
projected gradient with steps of 1e-3 from white missing pixels (the homework's rectangle), for the first digits of
models/digits.idx.gz and the float16 weights of models/nice-mnist.safetensors, widened.
"""

import gzip
import json
import pathlib
import struct
import sys

import torch

root = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(root / "scripts/bench/peers"))
from nice import NICE  # noqa: E402


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    kinds = {"F16": torch.float16, "F32": torch.float32, "F64": torch.float64}
    return {
        name: torch.frombuffer(bytearray(data[8 + length + e["data_offsets"][0] : 8 + length + e["data_offsets"][1]]), dtype=kinds[e["dtype"]]).reshape(e["shape"])
        for name, e in header.items()
    }


def write_safetensors(path, tensors):
    header, blobs, offset = {}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def log_prob(model, x):
    z, log_det = model.to_latent(x.reshape(-1, 784))
    return -(torch.logaddexp(z, torch.zeros_like(z)) + torch.logaddexp(-z, torch.zeros_like(z))).sum(1) + log_det


model = NICE().double()
model.load_state_dict({k: v.double() for k, v in read_safetensors(root / "models/nice-mnist.safetensors").items()})
for parameter in model.parameters():
    parameter.requires_grad_(False)

raw = gzip.decompress((root / "models/digits.idx.gz").read_bytes())
images = torch.frombuffer(bytearray(raw[16 : 16 + 10 * 784]), dtype=torch.uint8).double().reshape(10, 28, 28) / 255

x = images.clone().requires_grad_(True)
value = log_prob(model, x)
value.sum().backward()

mask = torch.ones(28, 28, dtype=torch.float64)
mask[5:12, 5:20] = 0
truth = images[:3]
y = torch.where(mask.bool(), truth, torch.ones_like(truth))
for _ in range(10):
    y = y.detach().requires_grad_(True)
    (-log_prob(model, y)).sum().backward()
    y = torch.where(mask.bool(), truth, (y - 1e-3 * y.grad).clamp(0, 1)).detach()

write_safetensors(
    pathlib.Path(__file__).with_name("shipped.safetensors"),
    {"log_prob": value.detach(), "gradient": x.grad, "after_10_steps": y})
print(value.tolist())
