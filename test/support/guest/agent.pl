# The guest's end of the channel to the test: takes scripts from a virtio port, runs one at a time, sends back what they
# print, byte for byte, and how they ended. The kernel's messages go to the console and never get in between.
#
# A frame is a type (1 byte), a length (4 bytes, little-endian) and that many bytes.
#   to the guest:   R run (4 bytes: length of the arguments, each ended by NUL; then the script)
#                   B show blocked tasks on the console   Q power off
#   to the host:    H ready (payload: uname -r)   O stdout   E stderr   X ended (4 bytes: exit code, 128 + signal)
use strict;
use warnings;
use POSIX qw(:sys_wait_h);

my $SYS_REBOOT = 169;
my ($port_path) = glob '/dev/vport*p1';
open my $port, '+<', $port_path or die "Cannot open the virtio port: $!";
binmode $port;

# Init must outlive its children, and a child's end must interrupt select.
$SIG{CHLD} = sub { };
$SIG{PIPE} = 'IGNORE';

sub send_frame {
  my ($type, $bytes) = @_;
  my $frame = $type . pack('V', length $bytes) . $bytes;
  my $sent = 0;
  while ($sent < length $frame) {
    my $count = syswrite $port, $frame, length($frame) - $sent, $sent;
    $sent += $count if defined $count;
    power_off() unless defined $count or $!{EINTR};
  }
}

# The host closing its end means that the test is gone: so is our purpose.
sub receive {
  my ($length) = @_;
  my $bytes = '';
  while (length $bytes < $length) {
    my $count = sysread $port, $bytes, $length - length $bytes, length $bytes;
    next if not defined $count and $!{EINTR};
    power_off() unless $count;
  }
  return $bytes;
}

sub power_off {
  syscall 162;    # sync
  syscall $SYS_REBOOT, 0xfee1dead, 672274793, 0x4321fedc, 0;
  exit;
}

# A script that begins with #! is run by the interpreter it names, any other by sh.
sub start {
  my ($length, $request) = unpack 'V a*', shift;
  my @arguments = split /\0/, substr($request, 0, $length), -1;
  pop @arguments;
  my $script = substr $request, $length;
  open my $file, '>:raw', '/run/script' or die "Cannot write /run/script: $!";
  print $file $script;
  close $file;
  chmod 0755, '/run/script';
  pipe my $out, my $out_writer or die;
  pipe my $err, my $err_writer or die;
  my $pid = fork;
  if ($pid == 0) {
    $SIG{$_} = 'DEFAULT' for qw(CHLD PIPE);
    POSIX::setsid();
    POSIX::dup2(fileno $out_writer, 1);
    POSIX::dup2(fileno $err_writer, 2);
    open STDIN, '<', '/dev/null';
    chdir '/';
    my @command = $script =~ /^#!/ ? ('/run/script') : ('/bin/sh', '/run/script');
    exec @command, @arguments or POSIX::_exit(127);
  }
  return ($pid, $out, $err);
}

# Forwards what there is to read now; false once every writer has gone.
sub forward {
  my ($type, $pipe) = @_;
  my $count = sysread $pipe, my $bytes, 65536;
  send_frame($type, $bytes) if $count;
  return $count || (not defined $count and $!{EINTR});
}

sub run_script {
  my ($pid, $out, $err) = start(@_);
  my %open = (O => $out, E => $err);
  my $status;
  for (;;) {
    while (($_ = waitpid -1, WNOHANG) > 0) { $status = $? if $_ == $pid }
    my $want = '';
    vec($want, fileno $_, 1) = 1 for values %open, $port;
    # With the script gone only what it left in the pipes counts: a process in the background may keep them open.
    my $ready = select(my $readable = $want, undef, undef, defined $status ? 0 : 0.2);
    next if $ready < 0;
    last if $ready == 0 and defined $status;
    for my $type (keys %open) {
      next unless vec $readable, fileno $open{$type}, 1;
      delete $open{$type} unless forward($type, $open{$type});
    }
    serve_request(0) if $ready > 0 and vec $readable, fileno $port, 1;
  }
  send_frame('X', pack 'V', WIFEXITED($status) ? WEXITSTATUS($status) : 128 + WTERMSIG($status));
}

sub serve_request {
  my ($may_run) = @_;
  my ($type, $length) = unpack 'a V', receive(5);
  my $payload = receive($length);
  if ($type eq 'R' and $may_run) { run_script($payload) }
  elsif ($type eq 'B') {
    open my $trigger, '>', '/proc/sysrq-trigger' or die;
    print $trigger 'w';
  }
  elsif ($type eq 'Q') { power_off() }
  else { die "Cannot serve request $type now" }
}

send_frame('H', (POSIX::uname())[2]);
serve_request(1) while 1;
