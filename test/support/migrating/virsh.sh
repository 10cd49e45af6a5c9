#!/bin/sh
# Stands in for virsh(1), with one domain in the directory $LIBVIRT: what it says is what virsh 9.0.0 says. While the domain
# is running, a process by QEMU's name has its tree open, as QEMU does. Whatever else virsh can do is refused.
set -eu
[ "${2:-}" = guest ] || [ "$1" = define ] || [ "${3:-}" = guest ] || { echo "virsh: not the domain of the page: $*" >&2; exit 1; }
domain=$LIBVIRT/domain.xml

case "$*" in
  'dumpxml --inactive guest')
    cat "$domain"
    echo ;;
  'define '*)
    [ "${2%/*}" != "$2" ] && grep -q '<name>guest</name>' "$2"
    cp "$2" "$domain"
    printf "Domain 'guest' defined from %s\n\n" "$2" ;;
  'edit guest')
    $EDITOR "$domain"
    printf "Domain 'guest' XML configuration edited.\n\n" ;;
  'start guest')
    tree=$(sed -n "s|.*<source dir='\(.*\)'/>|\1|p" "$domain")
    setsid "$LIBVIRT/qemu-system-x86_64" infinity < "$tree" > /dev/null 2>&1 &
    echo $! > "$LIBVIRT/pid"
    printf "Domain 'guest' started\n\n" ;;
  'shutdown guest')
    kill "$(cat "$LIBVIRT/pid")"
    while kill -0 "$(cat "$LIBVIRT/pid")" 2> /dev/null; do sleep 0.02; done
    rm "$LIBVIRT/pid"
    printf "Domain 'guest' is being shutdown\n\n" ;;
  'domstate guest')
    if [ -e "$LIBVIRT/pid" ]; then echo running; else echo 'shut off'; fi
    echo ;;
  *)
    echo "virsh: not on the page: $*" >&2
    exit 1 ;;
esac
