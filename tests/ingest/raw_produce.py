"""Produces one record as bytes on the wire: what no client library lets a caller write."""

from __future__ import annotations

import socket
import struct

from posttrade.embedded import produce

CASTAGNOLI = 0x82F63B78
API_VERSION = 3


def write_varint(number: int) -> bytes:
    number = (number << 1) ^ (number >> 63)
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def checksum(content: bytes) -> int:
    found = 0xFFFFFFFF
    for byte in content:
        found ^= byte
        for _ in range(8):
            found = (found >> 1) ^ (CASTAGNOLI if found & 1 else 0)
    return found ^ 0xFFFFFFFF


def produce_record(
    address: tuple[str, int], topic: str, payload: bytes, header: tuple[bytes, bytes]
) -> int:
    """Append a record with one header to partition 0; gives its offset."""
    name, value = header
    body = b"\0" + write_varint(0) * 2 + write_varint(-1)
    body += write_varint(len(payload)) + payload
    body += write_varint(1) + write_varint(len(name)) + name + write_varint(len(value)) + value
    record = write_varint(len(body)) + body
    tail = struct.pack(">hiqqqhii", 0, 0, 0, 0, -1, -1, -1, 1) + record
    head = struct.pack(">ibI", 0, 2, checksum(tail))
    batch = struct.pack(">qi", 0, len(head) + len(tail)) + head + tail
    name_of_topic = topic.encode()
    request = struct.pack(">hhihhhi", produce.PRODUCE, API_VERSION, 1, -1, -1, 1, 10_000)
    request += struct.pack(f">ih{len(name_of_topic)}s", 1, len(name_of_topic), name_of_topic)
    request += struct.pack(">iii", 1, 0, len(batch)) + batch
    with (
        socket.create_connection(address, timeout=10) as connection,
        connection.makefile("rb") as f,
    ):
        connection.sendall(struct.pack(">i", len(request)) + request)
        (length,) = struct.unpack(">i", f.read(4))
        return produce.read_base_offsets(f.read(length), API_VERSION)[topic, 0]
