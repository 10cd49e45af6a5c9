#!/usr/bin/perl
# Lists a tree as this kernel sees it, one object a line, by system calls alone: no tool's rounding or quoting gets in
# between. Goes down by chdir, so paths may be longer than PATH_MAX. The root's path is the empty string.
#
# Fields, separated by blanks; bytes are "x" and hex digits:
#   path mode uid gid rdev-major rdev-minor size nlink inode mtime-seconds mtime-nanoseconds target [name=value]...
use strict;
use warnings;

my ($SYS_STATX, $SYS_LGETXATTR, $SYS_LLISTXATTR) = (332, 192, 195);
my ($AT_FDCWD, $AT_SYMLINK_NOFOLLOW, $STATX_BASIC_STATS) = (-100, 0x100, 0x7ff);
my $XATTR_MAX = 65536;

sub hex_of { 'x' . unpack 'H*', shift }

sub attributes_of {
  my ($name) = @_;
  my $list = "\0" x $XATTR_MAX;
  my $length = syscall $SYS_LLISTXATTR, $name, $list, $XATTR_MAX;
  die "Cannot list the attributes of $name: $!" if $length < 0;
  my @pairs;
  for my $attribute (sort split /\0/, substr $list, 0, $length) {
    my $value = "\0" x $XATTR_MAX;
    my $size = syscall $SYS_LGETXATTR, $name, $attribute, $value, $XATTR_MAX;
    die "Cannot read $attribute of $name: $!" if $size < 0;
    push @pairs, hex_of($attribute) . '=' . hex_of(substr $value, 0, $size);
  }
  return @pairs;
}

sub list {
  my ($name, $path) = @_;
  my $buffer = "\0" x 256;
  syscall($SYS_STATX, $AT_FDCWD, $name, $AT_SYMLINK_NOFOLLOW, $STATX_BASIC_STATS, $buffer) == 0
    or die "Cannot stat $path: $!";
  my ($nlink, $uid, $gid, $mode, $inode, $size) = unpack '@16 L L L S x2 Q Q', $buffer;
  my ($mtime, $nanoseconds, $major, $minor) = unpack '@112 q L @128 L L', $buffer;
  my $type = $mode & 0170000;
  my $target = $type == 0120000 ? readlink $name : '';
  die "Cannot read the symlink $path: $!" unless defined $target;
  print join(' ', hex_of($path), $mode, $uid, $gid, $major, $minor, $size, $nlink, $inode, $mtime, $nanoseconds,
    hex_of($target), attributes_of($name)), "\n";
  return unless $type == 0040000;

  opendir my $directory, $name or die "Cannot read the directory $path: $!";
  my @names = sort grep { $_ ne '.' && $_ ne '..' } readdir $directory;
  closedir $directory;
  chdir $name or die "Cannot enter $path: $!";
  list($_, $path eq '' ? $_ : "$path/$_") for @names;
  chdir '..' or die "Cannot leave $path: $!" unless $name eq '.';
}

binmode STDOUT;
chdir $ARGV[0] or die "Cannot enter $ARGV[0]: $!";
list('.', '');
