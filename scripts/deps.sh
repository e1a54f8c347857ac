#!/usr/bin/env bash
# Installs what Easel needs and this machine lacks, through apt and npm.
# Says what it installs; installs nothing twice.
#
#	scripts/deps.sh run     to build and run
#	scripts/deps.sh test    to run the tests as well
#	scripts/deps.sh bench   to measure beside GStreamer as well
#	scripts/deps.sh cluster to run pods of a Kubernetes as well, which takes root
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "easel: $*" >&2; exit 1; }

command -v go >/dev/null || fail "Go is not installed: see https://go.dev/dl (1.26 or newer)"
command -v npm >/dev/null || fail "Node.js with npm is not installed: see https://nodejs.org (20.19 or newer)"
command -v apt-get >/dev/null || fail "this needs Debian 12 or a relative of it: no apt-get here"

packages=(
	gimp gtk2-engines-pixbuf librsvg2-common tigervnc-standalone-server openbox dbus dbus-x11 xkb-data x11-xkb-utils fonts-dejavu-core # the session
	rclone restic                                                                                            # storage, backups
	gcc libc6-dev pkg-config libvpx-dev libaom-dev libavcodec-dev libyuv-dev                                 # the agent
	libgimp2.0-dev                                                                                           # the plug-in
)
if [ "${1:-run}" != run ]; then
	packages+=(chromium firefox-esr xauth x11-utils ffmpeg spin postgresql nftables iproute2 coturn)
fi
if [ "${1:-run}" = bench ]; then
	packages+=(gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-x)
fi
if [ "${1:-run}" = cluster ] && [ "$(id -u)" -eq 0 ]; then # without root no pods run, and the tests say so
	packages+=(buildah debootstrap containernetworking-plugins iptables conntrack)
	command -v containerd >/dev/null || packages+=(containerd runc) # Docker's own do as well, and Debian's would remove them
fi

missing=()
for p in "${packages[@]}"; do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "easel: installing with apt: ${missing[*]}"
	as_root=()
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || fail "installing needs root or sudo; as root: apt-get install ${missing[*]}"
		as_root=(sudo)
	fi
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
		tail -n 5 "$log" >&2
		fail "apt could not install: ${missing[*]}"
	fi
fi

# npm writes node_modules/.package-lock.json last: older than the lock, the
# packages are not the ones that the lock names.
if [ ! client/node_modules/.package-lock.json -nt client/package-lock.json ]; then
	echo "easel: installing the web app's npm packages"
	(cd client && npm ci --no-audit --no-fund --loglevel=error)
	touch client/node_modules/.package-lock.json
fi
