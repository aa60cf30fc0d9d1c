"""Makes the fixture files of kinds that foreign programs write, with the real libraries: python make_foreign_fixtures.py
(torch 2.4 or later, numpy).

Tensors called `ramp...` hold 0, 1, 2, ... in row-major order (divided by 4 for floating types).
"""
import argparse
import collections
import dataclasses
import datetime
import gzip
import io
import os
import pathlib
import struct
import zipfile

import numpy as np
import torch

torch.manual_seed(0)
here = os.path.dirname(os.path.abspath(__file__))


def at(name):
    return os.path.join(here, name)


def ramp(shape, dtype):
    flat = torch.arange(int(np.prod(shape)), dtype=torch.float64).reshape(shape)
    return (flat / 4 if dtype.is_floating_point else flat).to(dtype)


# ---------------------------------------------------------------- the format before 1.6
base = ramp((4, 6), torch.float32)
old = {
    "transposed": base.t(), "row": base[2], "step": base[::2, ::3], "tied": base,
    "expanded": torch.tensor([7.0]).expand(3, 2), "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 4),
    "parameter": torch.nn.Parameter(ramp((2, 2), torch.float32).t()),
}
kinds = {
    "f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32, "f64": torch.float64, "u8": torch.uint8,
    "i8": torch.int8, "i16": torch.int16, "i32": torch.int32, "i64": torch.int64,
}
old.update({f"ramp.{name}": ramp((2, 3), kind) for name, kind in kinds.items()})
old["mask"] = torch.tensor([True, False, True])
for protocol in (2, 4):
    torch.save(old, at(f"old.p{protocol}.pt"), _use_new_zipfile_serialization=False, pickle_protocol=protocol)
torch.save({"w": ramp((2, 2), torch.float32)}, at("old.tiny.pt"), _use_new_zipfile_serialization=False)

# As Python 2 wrote it: names are byte strings, a part of a storage stands for itself (PyTorch 0.1 to 0.3).
with open(at("old.python2.pt"), "wb") as file:
    def short(text):
        return b"U" + bytes([len(text)]) + text.encode()

    def number(value):
        return b"K" + bytes([value])

    def storage(part):
        return b"(" + short("storage") + b"ctorch\nFloatStorage\n" + short("11") + short("cpu") + number(6) + part + b"tQ"

    def tensor(part, offset, size):
        return b"ctorch._utils\n_rebuild_tensor\n(" + storage(part) + number(offset) + number(size) + b"\x85" + number(1) + b"\x85tR"

    magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
    machine = b"\x80\x02}(" + short("protocol_version") + b"M\xe9\x03" + short("little_endian") + b"\x88u."
    view = b"(" + short("12") + number(2) + number(4) + b"t"
    items = short("all") + tensor(b"N", 0, 6) + short("part") + tensor(view, 1, 3)
    state = b"\x80\x02ccollections\nOrderedDict\n]](" + short("first") + tensor(b"N", 1, 2) + b"ea\x85R(" + items + b"u."
    file.write(magic + b"\x80\x02M\xe9\x03." + machine + state + b"\x80\x02](" + short("11") + b"e.")
    file.write(struct.pack("<q6f", 6, *[index / 4 for index in range(6)]))

# ---------------------------------------------------------------- state, types and kinds of tensors
z = torch.complex(ramp((2, 3), torch.float32), ramp((2, 3), torch.float32) + 1)
torch.save({"a": z.conj().imag, "b": torch.tensor([1.0, -0.0, float("nan")])._neg_view(), "w": ramp((2,), torch.float32)}, at("negated.pt"))
torch.save(
    {"z": z, "conj": z.conj(), "neg": z._neg_view(), "column": z[:, 1], "z128": z.to(torch.complex128), "w": ramp((2,), torch.float32)},
    at("complex.all.pt"))
wide = {
    "w": ramp((2, 3), torch.float32),
    "u16": torch.tensor([1, 65535], dtype=torch.uint16),
    "u32": torch.tensor([1, 4294967295], dtype=torch.uint32),
    "u64": torch.tensor([1, 4294967296], dtype=torch.uint64),
    "f8": torch.tensor([1.0, 2.0]).to(torch.float8_e4m3fn),
    "sparse": torch.eye(2).to_sparse(),
    "csr": torch.eye(2).to_sparse_csr(),
    "quantised": torch.quantize_per_tensor(torch.tensor([1.0, 2.0]), 0.5, 0, torch.qint8),
    "meta": torch.empty(2, device="meta"),
    "attributes": torch.nn.Parameter(torch.tensor([3.0])),
}
wide["attributes"].note = "text"


class Tagged(torch.Tensor):
    pass


wide["subclass"] = torch.tensor([4.0, 5.0]).as_subclass(Tagged)
torch.save(wide, at("kinds.pt"))
# Tensors that a class makes itself, a parameter of one, and views without numbers that begin behind their storage.
jagged = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)
torch.save(
    {"w": ramp((2,), torch.float32), "jagged": jagged, "parameter": torch.nn.Parameter(jagged),
     "lazy": torch.nn.UninitializedParameter(), "behind": torch.empty(3, 0)[1:], "twice": torch.zeros(2, 0, 4)[1, :, 3]},
    at("own.pt"))


# ---------------------------------------------------------------- whatever stands beside the weights
@dataclasses.dataclass
class Settings:
    rate: float = 0.1
    sizes: tuple = (1, 2)


class Names(dict):
    pass


class Odd:
    __slots__ = ("x",)

    def __init__(self):
        self.x = slice(1, 2)

    def __getstate__(self):
        return (None, {"x": self.x})

    def __setstate__(self, state):
        self.x = state[1]["x"]


net = torch.nn.Sequential(collections.OrderedDict(first=torch.nn.Linear(3, 2), norm=torch.nn.BatchNorm1d(2)))
net.register_buffer("passing", torch.zeros(1), persistent=False)
net.register_buffer("kept", torch.tensor([9.0]))
with torch.no_grad():
    for value in net.state_dict().values():
        value.copy_(ramp(tuple(value.shape), value.dtype))
optimizer = torch.optim.Adam(net.parameters())
beside = {
    "bytes": b"\xff\xfe\x00", "bytearray": bytearray(b"\x00\xff"), "complex": 1 + 2j, "counter": collections.Counter("abca"),
    "ordered": collections.OrderedDict(a=1), "default": collections.defaultdict(list, a=[1]), "set": {1, 2},
    "frozen": frozenset([3]), "slice": slice(1, 2, 3), "size": torch.Size([1, 2]), "device": torch.device("cpu"),
    "dtype": torch.float16, "layout": torch.strided, "scalar": np.float64(1.5),
    "array": np.arange(6).reshape(2, 3), "texts": np.array(["a", "bc"]), "namespace": argparse.Namespace(lr=0.1, name="x"),
    "deque": collections.deque([1, 2]), "when": datetime.datetime(2024, 1, 2, 3, 4), "span": datetime.timedelta(1),
    "path": pathlib.PurePosixPath("/a/b"), "settings": Settings(), "names": Names(a=1), "odd": Odd(), "class": Settings,
    "function": np.mean, "big": 1 << 100, "float": 0.5, "none": None, "ellipsis": ..., "range": range(3),
    "recursive": [], "optimizer_state_dict": optimizer.state_dict(), "generator": torch.Generator().get_state(), "epoch": 3,
}
beside["recursive"].append(beside["recursive"])
for protocol in (2, 4):
    torch.save({**beside, "model_state_dict": net.state_dict()}, at(f"beside.p{protocol}.pt"), pickle_protocol=protocol)
torch.save({**beside, "model_state_dict": net.state_dict()}, at("beside.old.pt"), _use_new_zipfile_serialization=False)
torch.save(net, at("module.pt"))
torch.save({"epoch": 1, "model": net, "ema": None}, at("module.nested.pt"))
w, v = ramp((2,), torch.float32), ramp((3,), torch.float64)
torch.save({"generator": {"w": w}, "discriminator": {"w": v}, "epoch": 1}, at("several.pt"))
torch.save([{"w": w}, {"w": v}], at("list.pt"))
torch.save({"state": {"net": {"w": w}}, "callbacks": {"early": 1}, "pytorch-lightning_version": "2"}, at("deep.pt"))
torch.save({"state_dict": {"net.w": w}, "hyper_parameters": argparse.Namespace(lr=1), "callbacks": {}, "loops": {}}, at("lightning.pt"))

# ---------------------------------------------------------------- archives
if hasattr(torch.serialization, "set_crc32_options"):
    torch.serialization.set_crc32_options(False)
    torch.save({"w": ramp((2, 3), torch.float32)}, at("no_crc.pt"))
    torch.serialization.set_crc32_options(True)


def repacked(name, rename=lambda n: n, change=lambda n, b: b, **how):
    """The same entries in an archive made by Python."""
    source = zipfile.ZipFile(at("tiny.pt"))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how.get("method", zipfile.ZIP_STORED)) as target:
        for entry in source.namelist():
            bytes = change(entry, source.read(entry))
            with target.open(zipfile.ZipInfo(rename(entry)), "w", force_zip64=how.get("wide", False)) if how.get("wide") else (
                target.open(rename(entry), "w")) as file:
                file.write(bytes)
    with open(at(name), "wb") as file:
        file.write(stream.getvalue())


repacked("deflated.pt", method=zipfile.ZIP_DEFLATED)
repacked("renamed.pt", rename=lambda n: "my model.v2/" + n.split("/", 1)[1])
repacked("wide.pt", wide=True)


def swapped(name, bytes):
    if name.endswith("byteorder"):
        return b"big"
    return struct.pack(">4f", *struct.unpack("<4f", bytes)) if "/data/" in name else bytes


repacked("big_endian.pt", change=swapped)


class Unseekable(io.RawIOBase):
    """Makes zipfile put the sizes behind the bytes (data descriptors)."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, bytes):
        self.bytes += bytes
        return len(bytes)


stream = Unseekable()
with zipfile.ZipFile(stream, "w") as target:
    source = zipfile.ZipFile(at("tiny.pt"))
    for entry in source.namelist():
        target.writestr(entry, source.read(entry))
with open(at("streamed.pt"), "wb") as file:
    file.write(stream.bytes)

# ---------------------------------------------------------------- numpy
floats = np.arange(6, dtype=np.float32).reshape(2, 3) / 4
np.savez(
    at("mixed.npz"), w=floats, names=np.array(["a", "bcd"]), when=np.array(["2024-01-02"], "M8[D]"),
    records=np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]), objects=np.array([{}, None], dtype=object),
    z=floats + 1j * (floats + 1), column=np.asfortranarray(floats + 1j), raw=np.zeros(2, "V3"), long=np.zeros(2, np.longdouble))
np.savez(at("none.npz"))
np.save(at("complex.npy"), floats + 1j * (floats + 1))
with open(at("python2.npy"), "wb") as file:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + floats.tobytes())

# ---------------------------------------------------------------- IDX
idx = struct.pack(">BBBBI", 0, 0, 8, 1, 3) + bytes([5, 6, 7])
packed = gzip.compress(idx, mtime=0)
with open(at("padded.idx.gz"), "wb") as file:
    file.write(packed + bytes(1000))
with open(at("members.idx.gz"), "wb") as file:
    file.write(gzip.compress(idx[:5], mtime=0) + gzip.compress(b"", mtime=0) + gzip.compress(idx[5:], mtime=0))
