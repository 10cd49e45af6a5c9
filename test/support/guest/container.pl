#!/usr/bin/perl
# Runs the shell script $ARGV[0] as a rootless container of user 1000 runs its own: as root of a user namespace, and of a
# mount namespace. Root there is 1000 outside, and N, from 1 to 65536, is 100000 + N - 1. Exits as the script does.
use strict;
use warnings;
use POSIX ();

# asm/unistd_64.h, linux/sched.h
my $SYS_UNSHARE = 272;
my $CLONE_NEWNS = 0x20000;
my $CLONE_NEWUSER = 0x10000000;
my $MAP = "0 1000 1\n1 100000 65536\n";

pipe my $unshared, my $unshared_writer or die;
pipe my $mapped, my $mapped_writer or die;
my $pid = fork // die "Cannot fork: $!";
if ($pid == 0) {
  close $mapped_writer;
  syscall($SYS_UNSHARE, $CLONE_NEWUSER | $CLONE_NEWNS) == 0 or die "Cannot make a user namespace: $!";
  close $unshared_writer;
  sysread $mapped, my $nothing, 1;
  $( = 0;
  $) = '0 0';
  POSIX::setuid(0) or die "Cannot become root: $!";
  exec '/bin/sh', '-c', $ARGV[0] or die "Cannot run sh: $!";
}
close $unshared_writer;
sysread $unshared, my $nothing, 1;
for my $ids ('uid', 'gid') {
  open my $map, '>', "/proc/$pid/${ids}_map" or die "Cannot open ${ids}_map: $!";
  syswrite $map, $MAP or die "Cannot write ${ids}_map: $!";
}
close $mapped_writer;
waitpid $pid, 0;
exit($? >> 8 || $? & 127);
