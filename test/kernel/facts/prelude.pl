#!/usr/bin/perl
# Facts about a mounted tree, each shown by its own process in its own directory. Run as guest root:
#   PROGRAM DIRECTORY CAPABILITY...
# Makes DIRECTORY, and prints one line a fact: "holds TITLE", or "fails TITLE | what was seen". A fact that needs a
# capability which is not named is passed over. What a fact makes stays, so that a later mount can be compared.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :flock :mode :seek);
use POSIX qw(:errno_h _exit);
use Socket;

my ($root, @capabilities) = @ARGV;
my %can = map { $_ => 1 } @capabilities;
my $number = 0;

my %SYS = (read => 0, mmap => 9, msync => 26, lchown => 94, mknod => 133, lsetxattr => 189,
  fsetxattr => 190, lgetxattr => 192, fgetxattr => 193, llistxattr => 195, lremovexattr => 198, linkat => 265,
  utimensat => 280, renameat2 => 316, statx => 332);
my ($AT_FDCWD, $AT_SYMLINK_NOFOLLOW, $AT_EMPTY_PATH) = (-100, 0x100, 0x1000);
my ($XATTR_CREATE, $XATTR_REPLACE) = (1, 2);

$| = 1;
binmode STDOUT;
mkdir $root or die "Cannot make $root: $!";

# fact TITLE => [needs => 'CAPABILITY ...',] sub { ... }: holds when the sub returns without dying.
sub fact {
  my ($title, $body, %options) = (shift, pop, @_);
  $number += 1;
  return if grep { !$can{$_} } split / /, $options{needs} // '';
  my $directory = sprintf '%s/%03d', $root, $number;
  pipe my $reader, my $writer or die;
  my $pid = fork // die "Cannot fork: $!";
  if ($pid == 0) {
    close $reader;
    setpgrp;
    # What hangs is killed: a request to a server that does not answer can be interrupted by a fatal signal only.
    POSIX::alarm(60);
    eval {
      umask 022;
      mkdir $directory or die "Cannot make $directory: $!\n";
      chdir $directory or die "Cannot enter $directory: $!\n";
      $body->();
      1;
    } or syswrite $writer, "$@";
    _exit(0);
  }
  close $writer;
  waitpid $pid, 0;
  # Whoever it left behind would keep the pipe open.
  kill KILL => -$pid;
  my $complaint = do { local $/; <$reader> } // '';
  $complaint = "killed by signal $?" if $? != 0;
  $complaint =~ s/\s+/ /g;
  print $complaint eq '' ? "holds $title\n" : "fails $title | $complaint\n";
}

# Runs the rest as another user without privilege; dies with what it died with.
sub as_user {
  my ($uid, $gid, $body) = @_;
  pipe my $reader, my $writer or die;
  my $pid = fork // die "Cannot fork: $!";
  if ($pid == 0) {
    close $reader;
    $) = "$gid $gid";
    $( = $gid;
    $< = $> = $uid;
    eval { $body->(); 1 } or syswrite $writer, "as user $uid: $@";
    _exit(0);
  }
  close $writer;
  my $complaint = do { local $/; <$reader> } // '';
  waitpid $pid, 0;
  die $complaint if $complaint ne '';
}

sub shown { my $value = shift; return 'undef' unless defined $value; $value =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ge; return "<$value>" }

# Compares as strings.
sub is {
  my ($what, $got, $wanted) = @_;
  return if defined $got and defined $wanted and $got eq $wanted;
  my $line = (caller)[2];
  die "$what is @{[shown $got]}, not @{[shown $wanted]} (line $line)\n";
}
sub ok {
  my ($what, $is_true) = @_;
  die "$what: not so (line @{[(caller)[2]]})\n" unless $is_true;
}
# For calls that return false on failure: `must mkdir('d'), 'mkdir'`.
sub must {
  my ($result, $what) = @_;
  die "Cannot $what: $! (line @{[(caller)[2]]})\n" unless $result;
  return $result;
}
sub refused {
  my ($what, $result, $errno) = @_;
  my $line = (caller)[2];
  die "$what is allowed (line $line)\n" if $result;
  my $wanted = do { local $! = $errno; "$!" };
  die "$what is refused with '$!', not '$wanted' (line $line)\n" if $! != $errno;
}
# True where a raw system call succeeded.
sub call { my ($name, @arguments) = @_; return syscall($SYS{$name}, @arguments) >= 0 }

# What the kernel says of a name or an open handle, afresh.
sub see {
  my ($target) = @_;
  my $buffer = "\0" x 256;
  my @object = ref $target ? (fileno $target, '', $AT_EMPTY_PATH) : ($AT_FDCWD, "$target", $AT_SYMLINK_NOFOLLOW);
  syscall($SYS{statx}, @object, 0x7ff, $buffer) == 0 or die "Cannot stat @{[ref $target || $target]}: $! (line @{[(caller)[2]]})\n";
  my %seen;
  @seen{qw(nlink uid gid mode ino size blocks)} = unpack '@16 L L L S x2 Q Q Q', $buffer;
  my @times = unpack '@64 (q L x4)4', $buffer;
  @seen{qw(atime mtime ctime)} = map { sprintf '%d.%09d', @times[$_, $_ + 1] } 0, 6, 4;
  @seen{qw(major minor)} = unpack '@128 L L', $buffer;
  $seen{type} = $seen{mode} & S_IFMT;
  $seen{mode} = sprintf '%04o', $seen{mode} & 07777;
  return \%seen;
}
sub exists_at { return lstat($_[0]) ? 1 : 0 }

sub put {
  my ($name, $content, $mode) = @_;
  sysopen my $file, $name, O_WRONLY | O_CREAT | O_TRUNC, $mode // 0644 or die "Cannot make $name: $! (line @{[(caller)[2]]})\n";
  put_into($file, $content);
  close $file or die "Cannot close $name: $!\n";
}
sub put_into {
  my ($file, $content) = @_;
  for (my $at = 0; $at < length $content;) {
    my $count = syswrite $file, $content, length($content) - $at, $at;
    die "Cannot write: $! (line @{[(caller)[2]]})\n" unless $count;
    $at += $count;
  }
}
sub opened {
  my ($name, $flags, $mode) = @_;
  sysopen my $file, $name, $flags, $mode // 0644 or die "Cannot open $name: $! (line @{[(caller)[2]]})\n";
  return $file;
}
sub content_of {
  my ($name) = @_;
  my $file = ref $name ? $name : opened($name, O_RDONLY);
  sysseek $file, 0, SEEK_SET;
  my $content = '';
  while (my $count = sysread $file, $content, 65536, length $content) { }
  return $content;
}
sub names_in {
  my ($directory) = @_;
  opendir my $handle, $directory or die "Cannot list $directory: $! (line @{[(caller)[2]]})\n";
  return sort grep { $_ ne '.' and $_ ne '..' } readdir $handle;
}

sub device { my ($name, $mode, $major, $minor) = @_; call('mknod', $name, $mode, ($minor & 0xff) | ($major << 8) | (($minor & ~0xff) << 12)) }
sub owner { my ($name, $uid, $gid) = @_; call('lchown', $name, $uid, $gid) }
sub set_attribute { my ($name, $key, $value, $flags) = @_; call('lsetxattr', $name, "$key", "$value", length $value, $flags // 0) }
sub attribute {
  my ($name, $key) = @_;
  my $value = "\0" x 65536;
  my $size = syscall $SYS{lgetxattr}, $name, "$key", $value, length $value;
  return $size < 0 ? undef : substr $value, 0, $size;
}
sub attribute_names {
  my ($name) = @_;
  my $list = "\0" x 65536;
  my $size = syscall $SYS{llistxattr}, $name, $list, length $list;
  die "Cannot list the attributes of $name: $!\n" if $size < 0;
  return sort split /\0/, substr $list, 0, $size;
}
sub set_times {
  my ($name, $atime, $mtime) = @_;
  return call('utimensat', $AT_FDCWD, $name, pack('q4', $atime, 0, $mtime, 0), $AT_SYMLINK_NOFOLLOW);
}
# Longer than a tick of the host's clock for timestamps.
sub wait_a_tick { select undef, undef, undef, 0.02 }
# Dies unless the action moves the object's ctime on.
sub moves_ctime {
  my ($what, $target, $action) = @_;
  my $before = see(ref $target eq 'ARRAY' ? $target->[0] : $target)->{ctime};
  wait_a_tick();
  $action->();
  my $after = see(ref $target eq 'ARRAY' ? $target->[1] : $target)->{ctime};
  die "$what leaves ctime at $before (line @{[(caller)[2]]})\n" unless $after gt $before;
}
