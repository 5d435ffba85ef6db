#!/bin/sh
# What both images of this folder run, in Debian 12: install.sh cpu|cuda [PIP OPTION …] puts hardmag into /opt/hardmag. Beside this
# script lie the wheel, constraints.txt and the lock file. The CPU build of PyTorch must be in an index that pip knows.
set -eu
cd "$(dirname "$0")"
build=$1
shift
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends python3-venv libgomp1 libglu1-mesa libgl1 libxft2 libxcursor1 libxinerama1
python3 -m venv /opt/hardmag
pip() { /opt/hardmag/bin/pip install --quiet --no-deps "$@"; }
[ "$build" = cuda ] || pip "$@" "$(grep '^torch==' constraints.txt)+cpu"
pip "$@" --require-hashes -r "$build.txt"
pip hardmag-*.whl
