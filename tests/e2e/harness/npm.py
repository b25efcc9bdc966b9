# SPDX-License-Identifier: Apache-2.0
"""The client of Node.js comes from npm, once, into the cache."""
import hashlib
import subprocess

from . import places

PACKAGES = ["kafkajs@2.2.4",
            # It has gzip alone; these have the other codecs.
            "snappyjs@0.7.0", "lz4-napi@2.10.0", "@bokuweb/zstd-wasm@0.0.27"]


def kafkajs_modules():
    """A folder for NODE_PATH."""
    def fetch(folder):
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts",
                        "--prefix", folder, *PACKAGES], check=True, stdin=subprocess.DEVNULL)
    version = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:12]
    return places.into_cache(f"kafkajs-{version}", fetch) / "node_modules"
