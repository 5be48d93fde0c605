"""A certificate for this machine, since browsers give motion sensors to encrypted pages alone.

An authority of this machine's own signs it. A phone that is told to trust the authority once trusts every certificate
that follows, also after the machine's private address has changed. The authority may vouch for private addresses and
this machine's own alone, so that whoever steals its key cannot pose as any other site.
"""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from har.files import replacing

Key = ec.EllipticCurvePrivateKey
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
AUTHORITY_LIFE: Final = timedelta(days=3650)
LIFE: Final = timedelta(days=397)  # browsers refuse more (CA/Browser Forum, ballot SC31)
RENEWAL: Final = timedelta(days=30)  # before the end
PRIVATE: Final = (  # RFC 1918, 3927, 4193, 4291 and loopback
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
    *("fc00::/7", "fe80::/10", "::1/128"),
)


@dataclass(frozen=True)
class Files:
    """A certificate and its private key, and the certificate of the authority behind it where it is our own (PEM)."""

    certificate: Path
    key: Path
    authority: Path | None = None


def own(folder: Path, hosts: Sequence[str]) -> Files:
    """A certificate for `hosts` (names and addresses), kept in `folder` and made anew where that one does not serve.

    Private keys are for the user alone (0600).
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = Files(folder / "certificate.pem", folder / "key.pem", folder / "authority.pem")
    authority_key = folder / "authority-key.pem"
    names = [_name(host) for host in hosts]
    authority = _read(folder / "authority.pem")
    if (
        authority is None
        or not _opens(authority_key, authority)
        or _ends_soon(authority)
        or not all(_permits(authority, name) for name in names)
    ):
        authority = _write_authority(folder / "authority.pem", authority_key, names)
    found = _read(files.certificate)
    if found is None or not _opens(files.key, found) or _ends_soon(found) or not _serves(found, names, authority):
        _write_certificate(files, names, authority, authority_key)
    return files


def _write_authority(path: Path, key_path: Path, names: Sequence[x509.GeneralName]) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"har live on {socket.gethostname()}"[:64])])
    permitted: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_network(network)) for network in PRIVATE]
    permitted += [x509.DNSName("local"), *(name for name in names if isinstance(name, x509.DNSName))]
    permitted += [
        x509.IPAddress(ipaddress.ip_network(name.value)) for name in names if isinstance(name, x509.IPAddress)
    ]
    certificate = (
        _builder(subject, subject, key, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _save(path, key_path, [certificate], key)
    return certificate


def _write_certificate(
    files: Files, names: Sequence[x509.GeneralName], authority: x509.Certificate, authority_key: Path
) -> None:
    signer = serialization.load_pem_private_key(authority_key.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "har live")])
    certificate = (
        _builder(subject, authority.subject, key, LIFE)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _save(files.certificate, files.key, [certificate, authority], key)


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # a phone's clock may be slow
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _save(path: Path, key_path: Path, chain: Sequence[x509.Certificate], key: Key) -> None:
    """Write key and certificates; the key first, so that a certificate is never without one."""
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with replacing(key_path) as temporary:
        temporary.touch(mode=0o600, exist_ok=False)
        temporary.write_bytes(text)
    with replacing(path) as temporary:
        temporary.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain))


def _read(path: Path) -> x509.Certificate | None:
    """The first certificate in a file, or None where there is none that can be read."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError):
        return None


def _opens(key_path: Path, certificate: x509.Certificate) -> bool:
    """Whether a file holds the private key of a certificate: a kill between the two files leaves another one's."""
    try:
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return key.public_key() == certificate.public_key()


def _ends_soon(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc - RENEWAL < datetime.now(UTC)


def _serves(certificate: x509.Certificate, names: Sequence[x509.GeneralName], authority: x509.Certificate) -> bool:
    """Whether a certificate is for all of `names` and signed by `authority`."""
    try:
        certificate.verify_directly_issued_by(authority)
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return set(names) <= set(known)


def _permits(authority: x509.Certificate, name: x509.GeneralName) -> bool:
    """Whether the authority may vouch for a name or address (RFC 5280, sec. 4.2.1.10)."""
    try:
        constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return False
    known = constraints.permitted_subtrees or []
    if isinstance(name, x509.DNSName):
        return any(f".{name.value}".endswith(f".{one.value}") for one in known if isinstance(one, x509.DNSName))
    networks = [one.value for one in known if isinstance(one, x509.IPAddress)]
    address = ipaddress.ip_address(str(name.value))
    return any(address in network for network in networks if isinstance(network, Network))


def _name(host: str) -> x509.GeneralName:
    """A host as a certificate has it."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host.lower())
