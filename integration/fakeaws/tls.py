# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests of https: a test CA, and certificates with AWS's names."""

import pathlib
import ssl
import subprocess

REGIONS = ("us-east-1", "eu-west-1", "eu-west-2", "eu-south-2", "eu-central-1", "us-gov-west-1",
           "cn-north-1", "ap-southeast-5")


def host_names():
    names = ["localhost", "*.localhost", "s3.localhost", "*.s3.localhost", "sts.amazonaws.com",
             "s3.amazonaws.com", "*.s3.amazonaws.com"]
    for region in REGIONS:
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        for service in ("sqs", "sts", "sqs-fips", "sts-fips"):
            names.append(f"{service}.{region}.{suffix}")
        names += [f"sqs.{region}.api.aws", f"sts.{region}.api.aws"]
        names.append(f"*.s3-accesspoint.{region}.{suffix}")
        for s3 in ("s3", "s3-fips", "s3.dualstack", "s3-fips.dualstack"):
            names += [f"{s3}.{region}.{suffix}", f"*.{s3}.{region}.{suffix}"]
    return names


def _openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_certificates(folder):
    """Create ca.pem and server.pem (with key) in the folder, unless they exist."""
    folder = pathlib.Path(folder)
    if (folder / "server.pem").exists():
        return folder / "ca.pem", folder / "server.pem"
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650",
             "-subj", "/CN=fakeaws test CA", "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign")
    _openssl(folder, "req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj",
             "/CN=fakeaws")
    names = ",".join(["IP:127.0.0.1", *(f"DNS:{name}" for name in host_names())])
    (folder / "server.ext").write_text(
        f"subjectAltName={names}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
    _openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
             "-CAcreateserial", "-out", "server.crt", "-days", "3650", "-extfile", "server.ext")
    (folder / "server.pem").write_text((folder / "server.crt").read_text()
                                       + (folder / "server.key").read_text())
    return folder / "ca.pem", folder / "server.pem"


def server_context(pem):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pem)
    context.set_alpn_protocols(["http/1.1"])
    return context
