#!/usr/bin/perl
# One turn of work in the tree $ARGV[0], on what earlier turns have left; $ARGV[1] counts the turns from 0. Every object
# that a turn makes is changed, linked, renamed, replaced or removed by the next one, which goes through another server.
use strict;
use warnings;
use Fcntl qw(:mode);
use POSIX ();

my ($root, $turn) = @ARGV;
my $former = $turn - 1;
my ($SYS_MKNOD, $SYS_LCHOWN, $SYS_SETXATTR, $SYS_REMOVEXATTR) = (133, 94, 188, 197);

sub must { my ($ok, @what) = @_; die "Turn $turn cannot @what: $!\n" unless $ok }
sub owner { my ($name, $uid, $gid) = @_; must(syscall($SYS_LCHOWN, $name, $uid, $gid) == 0, 'chown', $name) }
sub mode { my ($mode, @names) = @_; must(chmod($mode, $_), 'chmod', $_) for @names }
sub device { my ($name, $mode, $number) = @_; must(syscall($SYS_MKNOD, $name, $mode, $number) == 0, 'mknod', $name) }
sub attribute { my ($name, $key, $value) = @_; must(syscall($SYS_SETXATTR, $name, "$key", "$value", length $value, 0) == 0, 'setxattr', $name) }
sub move { my ($from, $to) = @_; must(rename($from, $to), 'rename', $from, 'to', $to) }
sub remove { must(unlink($_), 'unlink', $_) for @_ }
sub acl { must(system('setfacl', @_) == 0, 'setfacl', @_) }
sub add {
  my ($name, $content) = @_;
  open my $file, '>>', $name or die "Turn $turn cannot open $name: $!\n";
  print $file $content;
  must(close $file, 'write', $name);
}

sub make {
  my ($t) = @_;
  must(mkdir("directory-$t"), 'mkdir');
  mode(02750 + $t, "directory-$t");
  for my $name ("file-$t", "kept-$t", "program-$t", "victim-$t", "directory-$t/file-\xe9", "name\n$t") {
    add($name, "$name of turn $t\n");
    mode(0600 + $t, $name);
    owner($name, 1000 + $t, 2000 + $t);
  }
  mode(06751, "program-$t");
  must(symlink("file-$t", "symlink-$t"), 'symlink');
  owner("symlink-$t", 3000 + $t, 0);
  device("char-$t", S_IFCHR | 0620, 5 << 8 | $t);
  device("block-$t", S_IFBLK | 0660, 300 << 8 | $t);
  device("socket-$t", S_IFSOCK | 0700, 0);
  must(POSIX::mkfifo("fifo-$t", 0644), 'mkfifo');
  must(link("file-$t", "directory-$t/link"), 'link');
  attribute("file-$t", 'user.turn', "made in turn $t");
  attribute("directory-$t", 'user.turn', "made in turn $t");
  acl('-m', "u:$t:rw,g:2000:r", "kept-$t");
  acl('-m', "d:u:$t:rwx", "directory-$t");
}

# Works on what turn $t has made.
sub change {
  my ($t) = @_;
  add("file-$t", "and of turn $turn\n");
  mode(0642, "file-$t", "char-$t");
  owner("directory-$t/link", 77, 78);
  must(link("directory-$t/link", "linked-in-turn-$turn"), 'link');
  attribute("file-$t", 'user.more', 'x' x 500);
  my $key = 'user.turn';
  must(syscall($SYS_REMOVEXATTR, "directory-$t", $key) == 0, 'removexattr');
  owner("program-$t", 5, 5);
  mode(04755, "program-$t");
  move("symlink-$t", "directory-$turn/symlink");
  owner("directory-$turn/symlink", 1, 2);
  move("block-$t", "directory-$turn/block");
  move("victim-$t", "victim-$turn");
  move("fifo-$t", "directory-$t/fifo");
  mode(0711, "directory-$t/fifo");
  must(truncate("directory-$t/file-\xe9", 5), 'truncate');
  # The name goes to another kind of object, and inherits nothing.
  remove("socket-$t");
  must(mkdir("socket-$t"), 'mkdir');
  must(utime(1_000_000_000, 1_500_000_000 + $turn, "name\n$t"), 'utime');
  acl('-b', "kept-$t");
  add("directory-$t/inherits", '');
  move("directory-$t", "directory-$turn/directory-$t");
}

# Takes away most of what two turns ago was made and one turn ago was changed.
sub clear {
  my ($t) = @_;
  my $place = "directory-" . ($t + 1) . "/directory-$t";
  my @moved_here = $t > 0 ? ('symlink', 'block') : ();
  remove("file-$t", "program-$t", "char-$t", map { "$place/$_" } 'link', 'fifo', "file-\xe9", 'inherits', @moved_here);
  must(rmdir($place), 'rmdir', $place);
  must(rmdir("socket-$t"), 'rmdir');
}

umask 022;
must(chdir $root, 'enter', $root);
clear($turn - 2) if $turn >= 2;
make($turn);
change($former) if $turn >= 1;
