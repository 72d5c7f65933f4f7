"""A self-signed certificate for one machine, so that a phone nearby may use its camera."""

from __future__ import annotations

import datetime
import ipaddress
import socket
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_DAYS = 397
"""The longest time browsers accept for a server certificate."""


def lan_addresses() -> list[str]:
    """IPv4 addresses of this machine that others on its network can reach; may be empty."""
    found = [
        one.address
        for name, addresses in psutil.net_if_addrs().items()
        if not name.startswith(("docker", "br-", "veth"))
        for one in addresses
        if one.family == socket.AF_INET
    ]
    return [one for one in found if _is_reachable(ipaddress.ip_address(one))]


def _is_reachable(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def ensure_certificate(folder: Path, addresses: list[str]) -> tuple[Path, Path]:
    """(certificate, key) in PEM for localhost and `addresses`; made anew when they do not fit."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not (certificate.exists() and key.exists() and _covers(certificate, addresses)):
        _make(certificate, key, addresses)
    return certificate, key


def _covers(certificate: Path, addresses: list[str]) -> bool:
    held = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    covered = {str(one) for one in names.get_values_for_type(x509.IPAddress)}
    left = held.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return set(addresses) <= covered and left.days > 1


def _make(certificate: Path, key: Path, addresses: list[str]) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Counterflow on this machine")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName(socket.gethostname())]
    names += [x509.IPAddress(ipaddress.ip_address(one)) for one in ["127.0.0.1", *addresses]]
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    key.touch(mode=0o600)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
