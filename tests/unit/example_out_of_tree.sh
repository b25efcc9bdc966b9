#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds examples/ against an installed headrace with pkg-config alone, installs the
# plugin beside the others, and lets headrace load and configure it.
# usage: example_out_of_tree.sh BUILD_DIR SOURCE_DIR
set -eu
build=$1 source=$2
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

DESTDIR=$stage/root cmake --install "$build" >/dev/null
pc=$(find "$stage/root" -name headrace.pc)
export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$stage/root"
plugins=$stage/root$(env -u PKG_CONFIG_SYSROOT_DIR pkg-config --variable=plugindir headrace)
mkdir "$stage/mine"
cp "$source"/examples/* "$stage/mine"
make -s -C "$stage/mine" install DESTDIR= plugindir="$plugins" CFLAGS="-O2 -Wall -Wextra -Werror"
test -f "$plugins/headrace-filter-redact.so"

headrace=$(find "$stage/root" -name headrace -type f -path '*/bin/*')
HEADRACE_PLUGIN_DIR=$plugins "$headrace" plugins | grep -q '^filter  redact'
HEADRACE_PLUGIN_DIR=$plugins "$headrace" help redact | grep -q '^  keep (list, required)'
echo "the example builds, installs and loads"
