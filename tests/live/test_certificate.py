import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from har.live import certificate

HOSTS = ["localhost", "127.0.0.1", "192.168.1.5", "laptop.local", "fe80::1"]


@pytest.mark.parametrize("name", ["key.pem", "authority-key.pem"])
def test_a_key_of_another_certificate_is_not_used(tmp_path: Path, name: str) -> None:
    """As a kill leaves them between the writing of a key and of its certificate."""
    certificate.own(tmp_path / "other", HOSTS)
    files = certificate.own(tmp_path, HOSTS)
    (tmp_path / name).write_bytes((tmp_path / "other" / name).read_bytes())
    certificate.own(tmp_path, HOSTS)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(files.certificate, files.key)
    read(files.certificate).verify_directly_issued_by(read(files.authority))
    (tmp_path / "certificate.pem").unlink()
    certificate.own(tmp_path, HOSTS)  # signed with the authority's key, whichever it is
    read(files.certificate).verify_directly_issued_by(read(files.authority))


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


def test_it_is_for_the_hosts_and_kept(tmp_path: Path) -> None:
    files = certificate.own(tmp_path, HOSTS)
    found = read(files.certificate)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "laptop.local"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address(host) for host in HOSTS if host[0] in "1f"]
    assert found.not_valid_after_utc - found.not_valid_before_utc < timedelta(days=398)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(files.certificate, files.key)
    before = files.certificate.read_bytes()
    assert certificate.own(tmp_path, HOSTS[:2]) == files
    assert files.certificate.read_bytes() == before
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("*key*")} == {
        "key.pem": 0o600,
        "authority-key.pem": 0o600,
    }


def test_another_private_address_needs_another_certificate_and_no_new_trust(tmp_path: Path) -> None:
    files = certificate.own(tmp_path, HOSTS)
    authority, first = files.authority.read_bytes(), read(files.certificate)
    certificate.own(tmp_path, ["localhost", "10.1.2.3"])
    assert files.authority.read_bytes() == authority
    second = read(files.certificate)
    assert second.serial_number != first.serial_number
    second.verify_directly_issued_by(read(files.authority))


def test_the_authority_vouches_for_this_machine_and_private_addresses_alone(tmp_path: Path) -> None:
    files = certificate.own(tmp_path, ["localhost", "203.0.113.9"])
    constraints = read(files.authority).extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    networks = [str(name.value) for name in constraints.value.permitted_subtrees if isinstance(name, x509.IPAddress)]
    assert "203.0.113.9/32" in networks
    assert "0.0.0.0/0" not in networks
    before = files.authority.read_bytes()
    certificate.own(tmp_path, ["localhost", "198.51.100.7"])  # public, and another: the old authority will not do
    assert files.authority.read_bytes() != before


@pytest.mark.parametrize("name", ["certificate.pem", "key.pem", "authority.pem", "authority-key.pem"])
def test_what_is_lost_or_damaged_is_made_anew(tmp_path: Path, name: str) -> None:
    files = certificate.own(tmp_path, HOSTS)
    if "key" in name:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text("damaged")
    certificate.own(tmp_path, HOSTS)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(files.certificate, files.key)
    read(files.certificate).verify_directly_issued_by(read(files.authority))
    trusting = ssl.create_default_context(cafile=str(files.authority))
    assert trusting.get_ca_certs()
