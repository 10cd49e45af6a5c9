#!/bin/busybox sh
# The guest's first process: makes a usable system of the initramfs, then becomes the agent that runs scripts.
/bin/busybox mkdir -p /bin /sbin /usr/sbin
/bin/busybox --install -s /bin
export PATH=/usr/bin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
for module in /modules/*.ko; do
  insmod "$module" || echo "init: cannot load $module"
done
hostname guest
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
  # QEMU's user network: 10.0.2.2 is the host's 127.0.0.1.
  ip address add 10.0.2.15/24 dev eth0
  ip link set eth0 up
  ip route add default via 10.0.2.2
fi
exec /usr/bin/perl /agent
