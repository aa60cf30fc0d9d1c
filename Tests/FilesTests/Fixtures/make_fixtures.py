"""Makes the fixture files beside this script, with the real libraries: python make_fixtures.py (torch, safetensors, numpy).

Every tensor called `ramp...` holds 0, 1, 2, ... in row-major order (divided by 4 for floating types), so that the tests
can say what to expect without a second copy of the numbers.
"""
import collections
import gzip
import os
import struct

import numpy as np
import torch
from safetensors.torch import save_file

torch.manual_seed(0)
here = os.path.dirname(os.path.abspath(__file__))


def at(name):
    return os.path.join(here, name)


def ramp(shape, dtype):
    flat = torch.arange(int(np.prod(shape)), dtype=torch.float64).reshape(shape)
    return (flat / 4 if dtype.is_floating_point else flat).to(dtype)


floats = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32, "f64": torch.float64}
integers = {"u8": torch.uint8, "i8": torch.int8, "i16": torch.int16, "i32": torch.int32, "i64": torch.int64}


def every_type():
    entries = {f"ramp.{k}": ramp((2, 3), v) for k, v in {**floats, **integers}.items()}
    entries["mask"] = torch.tensor([True, False, True])
    entries["negative.i8"] = torch.tensor([-128, -1, 127], dtype=torch.int8)
    entries["negative.i64"] = torch.tensor([-(2**40), 2**40], dtype=torch.int64)
    entries["scalar"] = torch.tensor(2.5)
    entries["empty"] = torch.zeros(0, 4)
    return entries


# torch.save
for protocol in (2, 3, 4, 5):
    torch.save(collections.OrderedDict(every_type()), at(f"types.p{protocol}.pt"), pickle_protocol=protocol)

base = ramp((4, 6), torch.float32)
torch.save(
    {
        "transposed": base.t(),
        "row": base[2],
        "column": base[:, 1],
        "step": base[::2, ::3],
        "tied": base,
        "expanded": torch.tensor([7.0]).expand(3, 2),
        "parameter": torch.nn.Parameter(ramp((2, 2), torch.float32).t()),
    },
    at("views.pt"),
)

linear = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
optimizer = torch.optim.Adam(linear.parameters())
linear(ramp((4, 3), torch.float32)).sum().backward()
optimizer.step()
with torch.no_grad():
    for value in linear.state_dict().values():
        value.copy_(ramp(tuple(value.shape), value.dtype))
beside = {
    "epoch": 3, "loss": 0.5, "note": "text", "big": 1 << 80, "bytes": None, "optimizer": optimizer.state_dict(),
    "size": torch.Size([1, 2]), "device": torch.device("cpu"), "dtype": torch.float16, "list": [1, (2, 3), None, True],
}
for key in ("model_state_dict", "state_dict", "model"):
    torch.save({**beside, key: linear.state_dict()}, at(f"nested.{key}.pt"))
torch.save(ramp((2, 3), torch.float32), at("bare.pt"))
torch.save({"epoch": 3}, at("no_tensors.pt"))
torch.save({"w": torch.zeros(2)}, at("legacy.pt"), _use_new_zipfile_serialization=False)
torch.save({"w": ramp((2,), torch.float32), "z": torch.zeros(2, dtype=torch.complex64)}, at("complex.pt"))
torch.jit.save(torch.jit.script(torch.nn.Linear(2, 1)), at("script.pt"))
torch.save({"w": ramp((2, 2), torch.float32)}, at("tiny.pt"))

# safetensors
save_file(every_type(), at("types.safetensors"), metadata={"made by": "torch \"quoted\" \u00e9\n"})
save_file({"w": ramp((2, 2), torch.float32), "b": ramp((3,), torch.float16)}, at("tiny.safetensors"), metadata={"k": "v"})

# numpy
arrays = {
    "f2": np.float16, "f4": np.float32, "f8": np.float64, "u1": np.uint8, "i1": np.int8, "u2": np.uint16, "i2": np.int16,
    "u4": np.uint32, "i4": np.int32, "u8": np.uint64, "i8": np.int64,
}


def numpy_ramp(shape, dtype):
    flat = np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape)
    return (flat / 4 if np.issubdtype(dtype, np.floating) else flat).astype(dtype)


named = {k: numpy_ramp((2, 3), v) for k, v in arrays.items()}
named["big_endian"] = numpy_ramp((2, 3), np.float32).astype(">f4")
named["big_endian_i2"] = numpy_ramp((2, 3), np.int16).astype(">i2")
named["fortran"] = np.asfortranarray(numpy_ramp((2, 3), np.float64))
named["mask"] = np.array([True, False])
named["scalar"] = np.array(2.5)
named["empty"] = np.zeros((0, 4), np.float32)
np.savez(at("types.npz"), **named)
np.savez_compressed(at("compressed.npz"), **named)
np.savez(at("tiny.npz"), w=numpy_ramp((2, 2), np.float32))
np.savez_compressed(at("deflated.npz"), w=numpy_ramp((4, 4), np.float32))
np.save(at("fortran.npy"), np.asfortranarray(numpy_ramp((3, 2, 2), np.float32)))
np.save(at("objects.npy"), np.array([{}, None], dtype=object), allow_pickle=True)
for version in ((1, 0), (2, 0), (3, 0)):
    with open(at(f"version{version[0]}.npy"), "wb") as file:
        np.lib.format.write_array(file, numpy_ramp((2, 3), np.float32), version=version)

# IDX: http://yann.lecun.com/exdb/mnist describes the format.


def idx(array):
    codes = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
    kind = array.dtype.str[1:]
    head = struct.pack(">BBBB", 0, 0, codes[kind], array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(">" + kind).tobytes()


with open(at("types.idx"), "wb") as file:
    for kind in (np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64):
        file.write(idx(numpy_ramp((2, 3), kind)))
images = (np.arange(3 * 28 * 28) % 256).astype(np.uint8).reshape(3, 28, 28)
labels = np.array([7, 0, 9], np.uint8)
with open(at("digits.idx.gz"), "wb") as file:
    file.write(gzip.compress(idx(images), mtime=0) + gzip.compress(idx(labels), mtime=0))
with open(at("single.idx.gz"), "wb") as file:
    file.write(gzip.compress(idx(images) + idx(labels), mtime=0))
# Sizes that the stream could never fill.
with open(at("promise.idx.gz"), "wb") as file:
    file.write(gzip.compress(struct.pack(">BBBB2I", 0, 0, 8, 2, 1 << 31, 2000), mtime=0))
