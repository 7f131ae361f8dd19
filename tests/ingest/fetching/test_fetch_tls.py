"""TLS: the connection goes to a checked IP address, and the certificate must hold for the name."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingest.fetching import FetchError, FetchLimits, fetch
from tests.ingest.loopback import PUBLIC, Site, answer, public_web, redirect, serving

LIMITS = FetchLimits(connect_seconds=5, idle_seconds=5, total_seconds=10)
PAGE = b"<!doctype html><html><p>x</p></html>"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for journal.example, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "journal.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("journal.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.fixture(scope="module")
def site(certificate: Path) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving({"/": answer(PAGE), "/on": redirect("https://other.example/")}, tls=context) as served:
        yield served


def test_the_certificate_is_checked_against_the_name_though_the_connection_goes_to_the_address(
    site: Site, certificate: Path
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    wire, web = public_web(site, "journal.example", "other.example", tls=trusting)
    assert fetch("https://journal.example/", limits=LIMITS, wire=wire).content == PAGE
    assert web.dialled == [(PUBLIC, 443)]
    for url in ["https://other.example/", "https://journal.example/on"]:
        with pytest.raises(FetchError, match=r"other\.example.*certificate") as caught:
            fetch(url, limits=LIMITS, wire=wire)
        assert caught.value.reason == "unreachable"


def test_a_certificate_that_nobody_vouches_for_is_refused(site: Site) -> None:
    wire, _ = public_web(site, "journal.example")
    with pytest.raises(FetchError, match="certificate"):
        fetch("https://journal.example/", limits=LIMITS, wire=wire)
    assert "/" not in site.paths[1:]
