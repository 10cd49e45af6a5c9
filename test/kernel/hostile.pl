#!/usr/bin/perl
# A guest that means harm: PORT SECONDS. Speaks to the server at 10.0.2.2 as no 9P client would, again and again, from many
# connections, and prints how many of each it made. It is not told what the server should answer: that it goes on is seen
# by others.
use strict;
use warnings;
use Socket;

my ($port, $seconds) = @ARGV;
$SIG{PIPE} = 'IGNORE';
my $end = time + $seconds;
srand 42;

sub dial {
  socket my $socket, PF_INET, SOCK_STREAM, 0 or die "socket: $!";
  connect $socket, pack_sockaddr_in($port, inet_aton('10.0.2.2')) or return;
  return $socket;
}
sub say_to { my ($socket, $bytes) = @_; return syswrite $socket, $bytes }
# What comes within a moment.
sub heard {
  my ($socket) = @_;
  my $want = '';
  vec($want, fileno $socket, 1) = 1;
  select $want, undef, undef, 0.2 or return '';
  sysread $socket, my $bytes, 65536;
  return $bytes // '';
}

sub frame { my ($type, $tag, $body) = @_; return pack('V C v', 7 + length $body, $type, $tag) . $body }
sub text { return pack 'v/a*', $_[0] }
my $version = frame(100, 0xffff, pack('V', 65536) . text('9P2000.L'));
sub attach { my ($fid, $uid) = @_; return frame(104, 1, pack('V V', $fid, 0xffffffff) . text('') . text('') . pack('V', $uid)) }
sub walk { my ($fid, $newfid, @names) = @_; return frame(110, 1, pack('V V v', $fid, $newfid, scalar @names) . join '', map { text($_) } @names) }

my %attacks = (
  garbage => sub { say_to($_[0], join '', map { chr rand 256 } 1 .. 4000) },
  impossible_sizes => sub { say_to($_[0], pack('V', (0, 3, 6, 0x7fffffff, 0xffffffff)[rand 5]) . "\0" x 100) },
  half_a_frame => sub { say_to($_[0], substr $version, 0, 10) },
  before_version => sub { say_to($_[0], attach(0, 0) . walk(0, 1, 'a')) },
  traversal => sub {
    say_to($_[0], $version . attach(0, 0) . join '', map { walk(0, 100 + $_, ('..') x $_, 'etc', 'passwd') } 1 .. 12);
    say_to($_[0], walk(0, 200, '../../../etc/passwd') . walk(0, 201, "a\0b") . walk(0, 202, ''));
    my $seen = heard($_[0]);
    print "LEAK\n" if $seen =~ /root:/;
  },
  every_type => sub { say_to($_[0], $version . attach(0, 0) . join '', map { frame($_, $_, join '', map { chr rand 256 } 1 .. 40) } 0 .. 255) },
  many_fids => sub { say_to($_[0], $version . attach(0, 0) . join '', map { walk(0, $_) } 1 .. 2000) },
  no_reader => sub {
    my ($socket) = @_;
    say_to($socket, $version . attach(0, 0) . walk(0, 1) . frame(12, 1, pack 'V V', 1, 0));
    # Non-blocking: the server stops reading when its replies are not read.
    fcntl $socket, 4, 2048;
    say_to($socket, frame(40, 2, pack 'V Q< V', 1, 0, 60000) x 500) for 1 .. 20;
  },
  version_again => sub { say_to($_[0], ($version . attach(0, 0) . walk(0, 1) . frame(12, 1, pack 'V V', 1, 0)) x 200) },
  endless_attribute => sub { say_to($_[0], $version . attach(0, 0) . frame(32, 1, pack('V', 0) . text('user.x') . pack('Q< V', 2**40, 0))) },
  files => sub {
    my $name = 'hostile-' . int rand 50;
    say_to($_[0], $version . attach(0, 0) . walk(0, 1) . frame(14, 1, pack('V', 1) . text($name) . pack('V V V', 2, 06777, 0))
      . frame(118, 1, pack('V Q< V', 1, 2**40, 5) . 'bytes') . frame(76, 1, pack('V', 0) . text($name) . pack('V', 0)));
  },
);

my (%made, @open);
while (time < $end) {
  for my $name (sort keys %attacks) {
    my $socket = dial() or next;
    $attacks{$name}->($socket);
    $made{$name} += 1;
    heard($socket) if rand() < 0.5;
    # Some are left open, to be closed without a word.
    push @open, $socket if rand() < 0.3;
    splice @open, 0, 1 + int rand 10 if @open > 20;
  }
}
print join ' ', map { "$_=$made{$_}" } sort keys %made;
