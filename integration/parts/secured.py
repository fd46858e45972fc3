# SPDX-License-Identifier: Apache-2.0
"""A Kafka with authentication: TLS, SASL, client certificates, ACLs.

    with Secured(folder) as kafka:
        kafka.properties("plain", password="right")       # librdkafka's, for a worker
        kafka.properties("mtls"), kafka.properties("scram", ...), kafka.properties("oauth")

The PLAINTEXT listener is for the test itself and allows everything. Keys are created with the
openssl command.
"""
import subprocess

from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, ResourcePatternType,
                                   ResourceType, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion)

from .kafka import Kafka
from .places import free_ports
from .wait import until

USER, PASSWORD = "ingest", "the-right-password"
OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


class Pem:
    """A certificate authority and its certificates."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._openssl("req", "-x509", *self._new("ca"), "-out", "ca.pem", "-days", "30", "-subj", "/CN=a test's CA")
        self.ca = folder / "ca.pem"

    def _openssl(self, *argv):
        subprocess.run(["openssl", *map(str, argv)], cwd=self.folder, check=True, capture_output=True)

    @staticmethod
    def _new(name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", f"{name}.key"]

    def sign(self, name):
        """Returns (file of the certificate, file of its key)."""
        (self.folder / "ext").write_text("subjectAltName=IP:127.0.0.1")
        self._openssl("req", *self._new(name), "-out", f"{name}.csr", "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-days", "30", "-extfile", "ext", "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


class Secured(Kafka):
    """One node. mechanisms: those of the SASL_SSL listener."""

    def __init__(self, folder, mechanisms=("PLAIN", "SCRAM-SHA-512"), **more):
        self.pem = Pem(folder / "pem")
        self.ports_of = dict(zip(("sasltls", "mtls", "oauth"), free_ports(3)))
        self.mechanisms = mechanisms
        super().__init__(folder / "kafka", extra=self._listeners, **more)

    def _listeners(self, kafka, node):
        certificate, key = self.pem.sign("server")
        both = self.pem.folder / "server-both.pem"
        both.write_text(key.read_text() + certificate.read_text())
        own = {name.upper(): f"{name.upper()}://127.0.0.1:{port}" for name, port in self.ports_of.items()}
        plain = f"PLAINTEXT://127.0.0.1:{kafka.ports[node]}"
        return {
            "listeners": ",".join([plain, f"CONTROLLER://127.0.0.1:{kafka.controllers[node]}", *own.values()]),
            "advertised.listeners": ",".join([plain, *own.values()]),
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASLTLS:SASL_SSL,MTLS:SSL,"
                                              "OAUTH:SASL_PLAINTEXT",
            "ssl.keystore.type": "PEM", "ssl.keystore.location": both,
            "ssl.truststore.type": "PEM", "ssl.truststore.location": self.pem.ca,
            "listener.name.mtls.ssl.client.auth": "required",
            "listener.name.sasltls.sasl.enabled.mechanisms": ",".join(self.mechanisms),
            "listener.name.sasltls.plain.sasl.jaas.config": f'{PLAIN} required user_{USER}="{PASSWORD}";',
            "listener.name.sasltls.scram-sha-512.sasl.jaas.config": f"{SCRAM} required;",
            "listener.name.oauth.sasl.enabled.mechanisms": "OAUTHBEARER",
            "listener.name.oauth.oauthbearer.sasl.jaas.config": f'{OAUTH} required unsecuredLoginStringClaim_sub="x";',
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS", "allow.everyone.if.no.acl.found": "true",
        }

    def properties(self, way, password=PASSWORD, **changed):
        """librdkafka's properties for a worker that uses PLAIN, SCRAM, a client certificate or a token."""
        tls = {"ssl.ca.location": self.pem.ca}
        sasl = {"security.protocol": "sasl_ssl", "sasl.username": USER, "sasl.password": password, **tls}
        if way == "mtls":
            certificate, key = self.pem.sign("client")
            made = {"security.protocol": "ssl", "ssl.certificate.location": certificate, "ssl.key.location": key, **tls}
        elif way == "oauth":
            made = {"security.protocol": "sasl_plaintext", "sasl.mechanism": "OAUTHBEARER",
                    "enable.sasl.oauthbearer.unsecure.jwt": "true", "sasl.oauthbearer.config": f"principal={USER}"}
        else:
            made = {**sasl, "sasl.mechanism": {"plain": "PLAIN", "scram": "SCRAM-SHA-512"}[way]}
        port = self.ports_of[way if way in self.ports_of else "sasltls"]
        made = {"bootstrap.servers": f"127.0.0.1:{port}", **made, **changed}
        return [f"{name}={value}" for name, value in made.items() if value is not None]

    def set_scram_password(self, password):
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        made = UserScramCredentialUpsertion(USER, info, password.encode())
        self.admin.alter_user_scram_credentials([made])[USER].result(30)

    def _denial(self, topic, kind):
        return kind(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, f"User:{USER}", "*", AclOperation.WRITE,
                    AclPermissionType.DENY)

    def deny_writing(self, topic):
        for future in self.admin.create_acls([self._denial(topic, AclBinding)]).values():
            future.result(30)
        self._await_denial(topic, True)

    def allow_writing(self, topic):
        for future in self.admin.delete_acls([self._denial(topic, AclBindingFilter)]).values():
            future.result(30)
        self._await_denial(topic, False)

    def _await_denial(self, topic, there):
        """The controller has it; the broker answers from what it decides by, which follows."""
        until(lambda: bool(self.admin.describe_acls(self._denial(topic, AclBindingFilter)).result(30)) == there,
              f"the denial of {topic}: {there}", 30)
