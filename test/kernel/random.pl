#!/usr/bin/perl
# Makes random system calls in the new directory $ARGV[0] and prints what came of each, one line a call. $ARGV[1] is the
# seed, $ARGV[2] the number of calls. The same arguments give the same calls, so file systems can be compared. Now and
# then it prints every object that there is.
use strict;
use warnings;
no warnings 'io';    # perl warns of what may well fail here
use Fcntl qw(:DEFAULT :mode :seek);
use POSIX ();

my ($root, $state, $count) = @ARGV;
my ($SYS_MKNOD, $SYS_LCHOWN, $SYS_LINKAT) = (133, 94, 265);
my $AT_FDCWD = -100;

# A generator of its own (an LCG of Numerical Recipes): perl's differs between builds.
sub random { my ($below) = @_; $state = ($state * 1664525 + 1013904223) % 2**32; return int($state / 2**32 * $below) }
sub one_of { return $_[random(scalar @_)] }

my @directories = ('', 'd/', 'e/', 'd/g/');
my @last_names = ('a', 'b', 'c', 'd', 'e', "\xe9");
my @modes = (0644, 0600, 0666, 0777, 0755, 0, 0400, 04755, 02777, 06777, 01777);
my @ids = (0, 1000, 1001);
my @targets = ('a', '../a', 'nowhere', 'b', 'd', '../d/c', 't' x 300);
sub name { return one_of(@directories, '') . one_of(@last_names) }

my ($user, @open, @opener);
my $slots = 6;

# Whoever runs may act as anybody.
sub become { my ($id) = @_; ($>, $)) = (0, '0 0'); ($), $>) = ("$id $id", $id) }
sub keep { my ($file) = @_; my $slot = random($slots); ($open[$slot], $opener[$slot]) = ($file, $user) }
# Picks an open file, and becomes whoever opened it: for others Linux's 9p client would have to look for its name again,
# which may be gone, and what they write is written in the opener's name.
sub pick { my $slot = random($slots); become($opener[$slot]) if $open[$slot]; return $slot }
# Whatever would block, or act on the machine's own devices.
sub is_special { my ($name) = @_; return -e $name && !-f _ && !-d _ }

sub outcome { my ($result) = @_; return $result ? 'ok' : POSIX::strerror($!) }
sub show {
  my ($mode, $nlink, $uid, $gid, $rdev, $size) = @_;
  return outcome(0) unless defined $mode;
  my $shown = sprintf '%o %d:%d', $mode, $uid, $gid;
  # A directory's links and size are the file system's business.
  $shown .= " $nlink links, $size bytes" unless S_ISDIR($mode);
  $shown .= ", device $rdev" if S_ISBLK($mode) || S_ISCHR($mode);
  return $shown;
}

# Each makes one call and returns its arguments and what came of it.
my %calls = (
  create => sub {
    my ($name, $mode, $flags) = (name(), one_of(@modes), one_of(0, O_EXCL, O_TRUNC));
    return ($name, 'special') if is_special($name);
    my $ok = sysopen(my $file, $name, O_RDWR | O_CREAT | $flags, $mode);
    keep($file) if $ok;
    return ("$name $mode $flags", outcome($ok));
  },
  open => sub {
    my $flags = one_of(O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_APPEND, O_WRONLY | O_TRUNC, O_RDONLY | O_NOFOLLOW);
    my $name = name();
    return ($name, 'special') if is_special($name);
    my $ok = sysopen(my $file, $name, $flags | O_NONBLOCK);
    keep($file) if $ok;
    return ("$name $flags", outcome($ok));
  },
  close => sub { my $slot = random($slots); undef $open[$slot]; return ($slot, 'ok') },
  write => sub {
    my ($slot, $at, $length, $byte) = (pick(), one_of(0, 3, 5000), one_of(1, 100, 6000), random(256));
    return ($slot, 'closed') unless $open[$slot];
    sysseek $open[$slot], $at, SEEK_SET;
    return ("$slot $at $length", syswrite($open[$slot], chr($byte) x $length) // outcome(0));
  },
  read => sub {
    my $slot = pick();
    return ($slot, 'closed') unless $open[$slot];
    sysseek $open[$slot], 0, SEEK_SET;
    my $length = sysread($open[$slot], my $bytes, 8192);
    return ($slot, defined $length ? "$length bytes, sum " . unpack('%32C*', $bytes) : outcome(0));
  },
  fstat => sub { my $slot = pick(); return ($slot, $open[$slot] ? show((stat $open[$slot])[2 .. 7]) : 'closed') },
  fchmod => sub {
    my ($slot, $mode) = (pick(), one_of(@modes));
    return ("$slot $mode", $open[$slot] ? outcome(chmod($mode, $open[$slot])) : 'closed');
  },
  fchown => sub {
    my ($slot, $uid, $gid) = (pick(), one_of(@ids), one_of(@ids));
    return ("$slot $uid:$gid", $open[$slot] ? outcome(chown($uid, $gid, $open[$slot])) : 'closed');
  },
  ftruncate => sub {
    my ($slot, $size) = (pick(), one_of(0, 10, 9000));
    return ("$slot $size", $open[$slot] ? outcome(truncate($open[$slot], $size)) : 'closed');
  },
  mkdir => sub { my ($name, $mode) = (name(), one_of(@modes)); return ("$name $mode", outcome(mkdir($name, $mode))) },
  rmdir => sub { my $name = name(); return ($name, outcome(rmdir($name))) },
  unlink => sub { my $name = name(); return ($name, outcome(unlink($name))) },
  rename => sub { my ($from, $to) = (name(), name()); return ("$from $to", outcome(rename($from, $to))) },
  link => sub {
    my ($from, $to) = (name(), name());
    return ("$from $to", outcome(syscall($SYS_LINKAT, $AT_FDCWD, $from, $AT_FDCWD, $to, 0) == 0));
  },
  symlink => sub { my ($name, $to) = (name(), one_of(@targets)); return ("$to $name", outcome(symlink($to, $name))) },
  readlink => sub { my $name = name(); return ($name, readlink($name) // outcome(0)) },
  mknod => sub {
    my $mode = one_of(S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK, S_IFREG) | one_of(@modes);
    my ($name, $device) = (name(), one_of(0, 0x103, 0x12345));
    return ("$name $mode $device", outcome(syscall($SYS_MKNOD, $name, $mode, $device) == 0));
  },
  chmod => sub { my ($name, $mode) = (name(), one_of(@modes)); return ("$name $mode", outcome(chmod($mode, $name))) },
  lchown => sub {
    my ($name, $uid, $gid) = (name(), one_of(@ids, -1), one_of(@ids, -1));
    return ("$name $uid:$gid", outcome(syscall($SYS_LCHOWN, $name, $uid, $gid) == 0));
  },
  truncate => sub {
    my ($name, $size) = (name(), one_of(0, 10, 9000));
    return ("$name $size", outcome(truncate($name, $size)));
  },
  utime => sub {
    my ($name, $time) = (name(), 1_000_000_000 + random(1000));
    return ("$name $time", utime($time, $time, $name) ? join ' ', (stat $name)[8, 9] : outcome(0));
  },
  lstat => sub { my $name = name(); return ($name, show((lstat $name)[2 .. 7])) },
  list => sub {
    my $name = one_of('.', 'd', 'e', 'd/g', 'b');
    my $ok = opendir(my $directory, $name);
    return ($name, $ok ? join ' ', sort readdir $directory : outcome(0));
  },
);
# Mostly those that make something, so that there is something to work on.
my @calls = ((sort keys %calls), ('create') x 4, ('link', 'rename', 'write') x 2);

umask 022;
# One level down, since symlinks made here may point at "../a".
mkdir $root and mkdir "$root/top" and chdir "$root/top" or die "Cannot make and enter $root/top: $!";
mkdir $_ or die "Cannot make $_: $!" for qw(d e d/g);
chmod 0777, '..', '.', 'd', 'e', 'd/g' or die;
binmode STDOUT;
for my $turn (1 .. $count) {
  # Every fifth call is made by a user without privilege, who is in a group of his own.
  $user = random(5) == 0 ? one_of(1000, 1001) : 0;
  become($user);
  my $call = one_of(@calls);
  my ($arguments, $result) = $calls{$call}->();
  become(0);
  print "$turn as $user: $call $arguments: $result\n";
  next if $turn % 25;
  for my $name (map { my $directory = $_; map { "$directory$_" } @last_names } @directories) {
    print "$turn: $name is ", show((lstat $name)[2 .. 7]), "\n" if lstat $name;
  }
}
