#!/bin/sh
# Makes the machine ready for the guest suite: tools from Debian packages, and two that are unpacked and never installed, a
# Debian kernel in .cache/guest/kernel and sshd, which would be started as a service, in .cache/guest/sshd. Quick when
# nothing is missing. On a machine that cannot be made ready it prints one line and succeeds, since the suite is then
# skipped; VIRTFS_GUEST=required turns that into a failure.
set -eu
cd "$(dirname "$0")/../../.."
cache=.cache/guest
log=$cache/provision.log
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$cache"

give_up() {
  echo "guest suite: $1" >&2
  [ "${VIRTFS_GUEST:-}" != required ]
  exit
}

missing_packages() {
  while read -r program package; do
    command -v "$program" >/dev/null || echo "$package"
  done <<-END
	qemu-system-x86_64 qemu-system-x86
	busybox busybox-static
	getfattr attr
	setfacl acl
	modprobe kmod
	perl perl-base
	xz xz-utils
	diod diod
	systemd-analyze systemd
	mke2fs e2fsprogs
	mkfs.xfs xfsprogs
	ssh openssh-client
	unshare util-linux
	zsh zsh
	fish fish
	man man-db
	groff groff-base
	jq jq
	cc gcc libc6-dev
	END
}

have_kernel() {
  for image in "$cache"/kernel/boot/vmlinuz-*; do
    [ -e "$image" ] && return 0
  done
  return 1
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1
}

# The lists may be absent, or older than the mirror: then the first attempt fails and the second sees new ones.
with_fresh_lists() {
  "$@" || { apt update && "$@"; }
}

install_packages() {
  apt install --no-install-recommends $packages
}

unpack_kernel() {
  kernel=$(apt-cache depends linux-image-amd64 2>>"$log" | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
  [ -n "$kernel" ] || return 1
  rm -rf "$cache"/unpack
  mkdir -p "$cache"/unpack/tree
  (cd "$cache"/unpack && apt-get -qq download "$kernel") >>"$log" 2>&1 || return 1
  dpkg -x "$cache"/unpack/"$kernel"_*.deb "$cache"/unpack/tree || return 1
  # Newer Debian keeps modules in /usr/lib; modprobe -d looks in lib or usr/lib, as its own build decides.
  [ -e "$cache"/unpack/tree/lib ] || ln -s usr/lib "$cache"/unpack/tree/lib
  depmod -b "$cache"/unpack/tree "${kernel#linux-image-}" || return 1
  chmod 644 "$cache"/unpack/tree/boot/vmlinuz-*
  rm -rf "$cache"/kernel
  mv "$cache"/unpack/tree "$cache"/kernel
  rm -rf "$cache"/unpack
}

# What it is linked with is there, except in a minimal system this one library.
have_sshd() {
  [ -x "$cache"/sshd/usr/sbin/sshd ] && ! ldd "$cache"/sshd/usr/sbin/sshd | grep -q 'not found'
}

unpack_sshd() {
  apt install --no-install-recommends libwrap0 || return 1
  rm -rf "$cache"/unpack
  mkdir -p "$cache"/unpack/tree
  (cd "$cache"/unpack && apt-get -qq download openssh-server) >>"$log" 2>&1 || return 1
  dpkg -x "$cache"/unpack/openssh-server_*.deb "$cache"/unpack/tree || return 1
  rm -rf "$cache"/sshd
  mv "$cache"/unpack/tree "$cache"/sshd
  rm -rf "$cache"/unpack
}

packages=$(missing_packages | tr '\n' ' ')
missing=$packages
have_kernel || missing="${missing}Debian-kernel-in-$cache/kernel "
have_sshd || missing="${missing}sshd-in-$cache/sshd"
[ -n "$missing" ] || exit 0

[ "$(uname -m)" = x86_64 ] || give_up "needs an x86-64 machine, this is $(uname -m)"
grep -qs '^ID=debian$' /etc/os-release || give_up "missing $missing; only Debian is provided for"
[ "$(id -u)" = 0 ] || give_up "missing $missing; run $0 as root to get it"

echo "guest suite: getting $missing, once" >&2
if [ -n "$packages" ]; then
  with_fresh_lists install_packages || give_up "cannot install $packages; see $log"
fi
have_kernel || with_fresh_lists unpack_kernel || give_up "cannot download linux-image-amd64's kernel; see $log"
have_sshd || with_fresh_lists unpack_sshd || give_up "cannot download openssh-server; see $log"
