"""Writes the PNG files that the tests read, byte by byte: none of them went through the library under test.

    python3 make_fixtures.py        (needs numpy; writes into its own folder)

Every picture is 5 wide and 4 high; sample(y, x, c) below is the formula the tests repeat.
"""

import os
import struct
import zlib

import numpy as np

W, H = 5, 4
FOLDER = os.path.dirname(os.path.abspath(__file__))


def sample(y, x, c=0):
    return (37 * y + 50 * x + 90 * c) % 256


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(depth, color, rows, interlace=0, extra=b"", width=W, height=H):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def plain(pixels):
    """Rows with filter 0 in front; `pixels` is (H, W * bytes per pixel) of uint8."""
    return b"".join(b"\0" + row.tobytes() for row in pixels)


def filtered(pixels, bpp):
    """The same rows, using all five filters in turn."""
    out, before = b"", np.zeros(pixels.shape[1], int)
    for y, row in enumerate(pixels.astype(int)):
        kind = y % 5
        left = np.concatenate([np.zeros(bpp, int), row[:-bpp]])
        corner = np.concatenate([np.zeros(bpp, int), before[:-bpp]])
        p = left + before - corner
        da, db, dc = abs(p - left), abs(p - before), abs(p - corner)
        paeth = np.where((da <= db) & (da <= dc), left, np.where(db <= dc, before, corner))
        guess = [0, left, before, (left + before) // 2, paeth][kind]
        out += bytes([kind]) + ((row - guess) % 256).astype(np.uint8).tobytes()
        before = row
    return out


def adam7(pixels, bpp):
    pixels = pixels.reshape(H, W, bpp)
    out = b""
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        part = pixels[y0::dy, x0::dx]
        if part.size:
            out += plain(part.reshape(part.shape[0], -1))
    return out


def save(name, data):
    with open(os.path.join(FOLDER, name), "wb") as file:
        file.write(data)


y, x, c = np.meshgrid(np.arange(H), np.arange(W), np.arange(3), indexing="ij")
rgb = sample(y, x, c).astype(np.uint8)
grey = rgb[:, :, 0]
alpha = np.where((x[:, :, :1] + y[:, :, :1]) % 3 == 0, 0, np.where((x[:, :, :1] + y[:, :, :1]) % 3 == 1, 255, 128)).astype(np.uint8)

save("grey8.png", png(8, 0, filtered(grey, 1)))
save("grey16.png", png(16, 0, plain(np.stack([grey, grey], 2).reshape(H, -1))))
save("grey1.png", png(1, 0, plain(np.packbits((grey >= 128).astype(np.uint8), axis=1))))
save("grey_alpha.png", png(8, 4, plain(np.concatenate([grey[:, :, None], alpha], 2).reshape(H, -1))))
save("rgb8.png", png(8, 2, filtered(rgb.reshape(H, -1), 3)))
save("rgb16.png", png(16, 2, plain(np.repeat(rgb, 2, axis=2).reshape(H, -1))))
save("rgba.png", png(8, 6, plain(np.concatenate([rgb, alpha], 2).reshape(H, -1))))
save("interlaced.png", png(8, 2, adam7(rgb, 3), interlace=1))
palette = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]], np.uint8)
save("palette.png", png(8, 3, plain(((x + y)[:, :, 0] % 5).astype(np.uint8)), extra=chunk(b"PLTE", palette.tobytes())))
# A header that asks for 3.6 exabytes of pixels, in 57 bytes.
save("huge.png", png(8, 2, b"", width=2**31 - 1, height=2**31 - 1)[:57])
