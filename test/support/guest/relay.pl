#!/usr/bin/perl
# Joins connections to a unix socket of the guest, made at $ARGV[0], to the port $ARGV[1] of the host's 127.0.0.1. Returns
# when the socket is there; what goes on in the background ends with the guest.
use strict;
use warnings;
use Socket;

my ($path, $port) = @ARGV;
my $HOST = '10.0.2.2';
$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = 'IGNORE';

unlink $path;
socket my $listener, PF_UNIX, SOCK_STREAM, 0 or die "Cannot make a socket: $!";
bind $listener, pack_sockaddr_un($path) or die "Cannot bind $path: $!";
listen $listener, 5 or die "Cannot listen at $path: $!";
exit if fork;

while (accept my $client, $listener) {
  next if fork;
  socket my $server, PF_INET, SOCK_STREAM, 0 or die;
  connect $server, pack_sockaddr_in($port, inet_aton($HOST)) or die "Cannot connect to $HOST:$port: $!";
  for my $pair ([$client, $server], [$server, $client]) {
    next if fork;
    my ($from, $to) = @$pair;
    while (sysread $from, my $bytes, 1 << 16) {
      for (my $sent = 0; $sent < length $bytes;) {
        $sent += syswrite($to, $bytes, length($bytes) - $sent, $sent) || exit;
      }
    }
    shutdown $to, 1;
    exit;
  }
  exit;
}
