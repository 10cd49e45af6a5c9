#!/bin/bash
# A mapped-xattr tree made passthrough as one would without a program for it: getfattr's list, and for each object the
# commands that change one. Paths with special characters, which getfattr escapes, times of directories, and whatever goes
# wrong on the way are beyond it.
#
#   shell.sh TREE
set -euo pipefail
cd "$1"

S_IFMT=0170000 S_IFLNK=0120000

# 0xe8030000, least significant byte first, as 1000.
number() {
  printf -v "$1" '%d' "0x${2:8:2}${2:6:2}${2:4:2}${2:2:2}"
}

convert() {
  if (((mode & S_IFMT) == S_IFLNK)); then
    ln -s -- "$(<"$path")" "$path.new"
    chown -h "$uid:$gid" "$path.new"
    touch -h -r "$path" "$path.new"
    mv -T "$path.new" "$path"
  else
    chown "$uid:$gid" "$path"
    printf -v permissions "%o" $((mode & 07777))
    chmod "$permissions" "$path"
    for attribute in uid gid mode; do setfattr -x "user.virtfs.$attribute" "$path"; done
  fi
}

getfattr -R -h -d -m '^user\.virtfs\.' -e hex . | while IFS= read -r line; do
  case $line in
    '# file: '*) path=${line#'# file: '} ;;
    user.virtfs.uid=*) number uid "${line#*=}" ;;
    user.virtfs.gid=*) number gid "${line#*=}" ;;
    user.virtfs.mode=*) number mode "${line#*=}" ;;
    '') convert ;;
  esac
done
