# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""STUN binding requests as ICE uses them (RFC 8489, RFC 8445 §7.3): read, check, answer.

Reading never raises: anybody can send a datagram, so whatever is not a well-formed binding request
with USERNAME and MESSAGE-INTEGRITY is `None`. Nothing else of STUN is needed under ICE-lite.
"""

from __future__ import annotations

import binascii
import hmac
import ipaddress
from dataclasses import dataclass
from struct import pack, unpack_from

COOKIE = 0x2112A442
HEADER_BYTES = 20
INTEGRITY_BYTES = 24  # attribute header and SHA-1
FINGERPRINT_BYTES = 8
FINGERPRINT_XOR = 0x5354554E
PROBE_BYTES = 548  # what fits any path (RFC 8489 §6.1)

BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111

USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
ERROR_CODE = 0x0009
XOR_MAPPED_ADDRESS = 0x0020
USE_CANDIDATE = 0x0025
FINGERPRINT = 0x8028
ICE_CONTROLLED = 0x8029

ROLE_CONFLICT = pack("!HBB", 0, 4, 87) + b"Role Conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingRequest:
    """A well-formed and signed check; whether the signature is ours is `has_integrity`."""

    transaction: bytes
    local_ufrag: str
    nominated: bool  # USE-CANDIDATE was set
    controlled: bool  # the sender believes to be controlled too
    covered: bytes  # what MESSAGE-INTEGRITY covers
    integrity: bytes


def is_stun(data: bytes) -> bool:
    """Whether a datagram is STUN by RFC 7983's first byte and the magic cookie."""
    return len(data) >= HEADER_BYTES and data[0] < 4 and data[4:8] == b"\x21\x12\xa4\x42"


def find_binding_request(data: bytes) -> BindingRequest | None:
    """Read a binding request, or `None` for whatever is not a whole and signed one."""
    if not is_stun(data):
        return None
    kind, length = unpack_from("!HH", data)
    if kind != BINDING_REQUEST or len(data) != HEADER_BYTES + length or length % 4:
        return None
    attributes = _attributes(data)
    if attributes is None or USERNAME not in attributes or MESSAGE_INTEGRITY not in attributes:
        return None
    covered_to, integrity = attributes[MESSAGE_INTEGRITY]
    username = attributes[USERNAME][1]
    if len(integrity) != INTEGRITY_BYTES - 4 or not username.isascii():
        return None
    return BindingRequest(
        transaction=data[8:20],
        local_ufrag=username.decode("ascii").partition(":")[0],
        nominated=USE_CANDIDATE in attributes,
        controlled=ICE_CONTROLLED in attributes,
        covered=data[:covered_to],
        integrity=integrity,
    )


def find_probe(data: bytes) -> bytes | None:
    """The transaction of a binding request of nobody we know: somebody measures the way to us."""
    if not is_stun(data) or len(data) > PROBE_BYTES:
        return None
    kind, length = unpack_from("!HH", data)
    if kind != BINDING_REQUEST or length != len(data) - HEADER_BYTES:
        return None
    attributes = _attributes(data)
    if attributes is None or USERNAME in attributes or MESSAGE_INTEGRITY in attributes:
        return None
    return data[8:20]


def mapped(transaction: bytes, host: str, port: int) -> bytes:
    """The plain answer (RFC 8489 §7.3.1): hardly longer than what was asked."""
    attribute = _attribute(XOR_MAPPED_ADDRESS, _xor_address(host, port, transaction))
    return pack("!HHI", BINDING_SUCCESS, len(attribute), COOKIE) + transaction + attribute


def has_integrity(request: BindingRequest, password: str) -> bool:
    """Whether the request was signed with our password (short-term credential)."""
    return hmac.compare_digest(request.integrity, _integrity(request.covered, password))


def success(request: BindingRequest, host: str, port: int, password: str) -> bytes:
    """The signed answer that tells the sender the address we saw."""
    attribute = _attribute(XOR_MAPPED_ADDRESS, _xor_address(host, port, request.transaction))
    return _signed(BINDING_SUCCESS, request.transaction, attribute, password)


def role_conflict(request: BindingRequest, password: str) -> bytes:
    """The signed 487 for a sender that also believes to be controlled (RFC 8445 §7.3.1.1)."""
    attribute = _attribute(ERROR_CODE, ROLE_CONFLICT)
    return _signed(BINDING_ERROR, request.transaction, attribute, password)


def _attributes(data: bytes) -> dict[int, tuple[int, bytes]] | None:
    """Attribute type -> (offset, value); what follows MESSAGE-INTEGRITY is not authenticated."""
    found: dict[int, tuple[int, bytes]] = {}
    at = HEADER_BYTES
    while at + 4 <= len(data):
        kind, length = unpack_from("!HH", data, at)
        if at + 4 + length > len(data):
            return None
        value = data[at + 4 : at + 4 + length]
        if kind == FINGERPRINT and not _is_fingerprint(data, at, value):
            return None
        if MESSAGE_INTEGRITY not in found and kind not in found:
            found[kind] = (at, value)
        at += 4 + length + (-length % 4)
    return found


def _is_fingerprint(data: bytes, at: int, value: bytes) -> bool:
    if len(value) != 4:
        return False
    checked = data[:2] + pack("!H", at - HEADER_BYTES + FINGERPRINT_BYTES) + data[4:at]
    return pack("!I", binascii.crc32(checked) ^ FINGERPRINT_XOR) == value


def _integrity(covered: bytes, password: str) -> bytes:
    length = pack("!H", len(covered) - HEADER_BYTES + INTEGRITY_BYTES)
    return hmac.digest(password.encode(), covered[:2] + length + covered[4:], "sha1")


def _attribute(kind: int, value: bytes) -> bytes:
    return pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _signed(kind: int, transaction: bytes, attributes: bytes, password: str) -> bytes:
    message = pack("!HHI", kind, len(attributes), COOKIE) + transaction + attributes
    message += _attribute(MESSAGE_INTEGRITY, _integrity(message, password))
    length = pack("!H", len(message) - HEADER_BYTES + FINGERPRINT_BYTES)
    checked = message[:2] + length + message[4:]
    value = pack("!I", binascii.crc32(checked) ^ FINGERPRINT_XOR)
    return checked + _attribute(FINGERPRINT, value)


def _xor_address(host: str, port: int, transaction: bytes) -> bytes:
    address = ipaddress.ip_address(host.partition("%")[0])
    pad = pack("!I", COOKIE) + transaction
    packed = bytes(a ^ b for a, b in zip(address.packed, pad, strict=False))
    family = 1 if address.version == 4 else 2
    return pack("!BBH", 0, family, port ^ (COOKIE >> 16)) + packed
