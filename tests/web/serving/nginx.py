"""nginx as a plain process on loopback, with the example that ships and a set-up as careless as it gets."""

import contextlib
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.web.conftest import ROOT, wait_until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
NAME = "lms.example.ac.jp"
EXAMPLE = ROOT / "app" / "deploy" / "nginx.conf"
# no Host, no X-Forwarded-For, and the path is taken away
CARELESS = """
server {{
    listen 127.0.0.1:{port};
    location /course/ {{ proxy_pass http://{backend}/; }}
}}
"""
# what most people write first
BARE = """
server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://{backend}; }}
}}
"""
MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ }}
    {servers}
}}
"""


@dataclass(frozen=True, slots=True)
class Proxies:
    """Addresses of the root path behind nginx, and the certificate to trust."""

    shipped: str  # over HTTPS, by name: connect to loopback
    careless: str
    bare: str  # over plain HTTP, by name, and not under the root path
    plain_port: int  # of the example's server without HTTPS
    certificate: Path


def free_port() -> int:
    """A port that nothing uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for NAME and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    names: list[x509.GeneralName] = [x509.DNSName(NAME), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return certificate, secret


def shipped_example(backend: str, plain: int, https: int, certificate: Path, secret: Path) -> str:
    """The example with this machine's ports and certificate in place of those to be replaced."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for pattern, replacement in [
        (r"listen \[::\]:.*\n", ""),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"listen 443 ", f"listen 127.0.0.1:{https} "),
        (r"server 127\.0\.0\.1:7860;", f"server {backend};"),
        (r"ssl_certificate .*;", f"ssl_certificate {certificate};"),
        (r"ssl_certificate_key .*;", f"ssl_certificate_key {secret};"),
    ]:
        text, count = re.subn(pattern, replacement, text)
        assert count, pattern
    return text


@contextlib.contextmanager
def nginx(server: str, folder: Path) -> Iterator[Proxies]:
    """nginx before the server at the address `server`, until the block ends."""
    assert NGINX
    backend = server.removeprefix("http://")
    plain, https, careless, bare = (free_port() for _ in range(4))
    certificate, secret = make_certificate(folder)
    servers = shipped_example(backend, plain, https, certificate, secret)
    servers += CARELESS.format(port=careless, backend=backend) + BARE.format(port=bare, backend=backend)
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(folder=folder, servers=servers), encoding="utf-8")
    process = subprocess.Popen([NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(main)])
    try:
        wait_until(lambda: process.poll() is not None or _listens(careless))
        assert process.poll() is None, (folder / "error.log").read_text()
        yield Proxies(
            f"https://{NAME}:{https}/course",
            f"http://127.0.0.1:{careless}/course",
            f"http://{NAME}:{bare}",
            plain,
            certificate,
        )
    finally:
        process.terminate()
        process.wait(timeout=10)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
