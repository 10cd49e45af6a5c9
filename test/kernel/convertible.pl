#!/usr/bin/perl
# Adds to the directory $ARGV[0] what fixtures/populate.pl has not and a conversion might lose: combinations, mostly, and
# what takes another form on the host. Runs as root inside a guest, which has mounted the directory with ACLs.
use strict;
use warnings;
use Fcntl qw(:mode);
use POSIX ();

my ($SYS_MKNOD, $SYS_LCHOWN, $SYS_SETXATTR, $SYS_LINKAT) = (133, 94, 188, 265);
my $AT_FDCWD = -100;

sub must { my ($ok, @what) = @_; die "Cannot @what: $!" unless $ok }
sub mode { my ($name, $mode) = @_; must(chmod($mode, $name), 'chmod', $name) }
sub owner { my ($name, $uid, $gid) = @_; must(syscall($SYS_LCHOWN, $name, $uid, $gid) == 0, 'chown', $name) }
sub target { my ($name, $target) = @_; must(symlink($target, $name), 'symlink', $name) }
sub fifo { my ($name, $mode) = @_; must(POSIX::mkfifo($name, $mode), 'mkfifo', $name) }
sub device { my ($name, $mode, $number) = @_; must(syscall($SYS_MKNOD, $name, $mode, $number) == 0, 'mknod', $name) }
sub attribute { my ($name, $key, $value) = @_; must(syscall($SYS_SETXATTR, $name, "$key", "$value", length $value, 0) == 0, 'setxattr', $name) }
sub hardlink { my ($from, $to) = @_; must(syscall($SYS_LINKAT, $AT_FDCWD, $from, $AT_FDCWD, $to, 0) == 0, 'link', $from) }
sub acl { must(system('setfacl', @_) == 0, 'setfacl', @_) }
sub file {
  my ($name, $content) = @_;
  open my $file, '>:raw', $name or die "Cannot make $name: $!";
  print $file $content;
  must(close $file, 'write', $name);
}
sub within {
  my ($name, $fill) = @_;
  must(-d $name || mkdir($name), 'mkdir', $name);
  must(chdir $name, 'enter', $name);
  $fill->();
  must(chdir '..', 'leave', $name);
}

umask 022;
must(chdir $ARGV[0], 'enter', $ARGV[0]);

# A chown takes set-id bits away on Linux, and an ACL is half of a mode: the order in which they are set matters.
within('set-id', sub {
  for my $case (['setuid-of-1000', 1000, 1001, 04755], ['setgid-of-1001', 0, 1001, 02711], ['both-of-1000', 1000, 1001, 06751],
    ['setgid-without-execution', 1000, 1001, 02644], ['sticky', 1000, 1001, 01644], ['all-bits', 1000, 1001, 07777]) {
    my ($name, $uid, $gid, $mode) = @$case;
    file($name, "#!\n");
    owner($name, $uid, $gid);
    mode($name, $mode);
  }
  file('setuid-with-acl', "#!\n");
  owner('setuid-with-acl', 1000, 1001);
  acl('-m', 'u:2000:rwx,g:3000:x,m::rx', 'setuid-with-acl');
  mode('setuid-with-acl', 04750);
  for my $case (['directory-3775', 03775], ['directory-7777', 07777], ['directory-1000', 01000]) {
    my ($name, $mode) = @$case;
    must(mkdir($name), 'mkdir', $name);
    owner($name, 1000, 1001);
    mode($name, $mode);
  }
});

# What is made where a default ACL is has an ACL of its own, whatever its type; a symlink has none.
within('inherited', sub {
  must(mkdir('from'), 'mkdir', 'from');
  acl('-m', 'd:u:1000:rwx,d:g:1001:rx,d:m::rwx,d:o::-', 'from');
  attribute('from', 'user.beside-an-acl', 'kept');
  mode('from', 02775);
  within('from', sub {
    umask 0;
    file('file', "inherited\n");
    attribute('file', 'user.beside-an-acl', 'kept');
    must(mkdir('directory', 0777), 'mkdir', 'directory');
    fifo('fifo', 0666);
    device('char', S_IFCHR | 0666, 1 << 8 | 7);
    device('block', S_IFBLK | 0660, 7 << 8);
    device('socket', S_IFSOCK | 0777, 0);
    target('symlink', 'file');
    hardlink('fifo', 'directory/linked-fifo');
    umask 022;
  });
});

within('more-links', sub {
  must(mkdir('below'), 'mkdir', 'below');
  device('block-a', S_IFBLK | 0640, 8 << 8 | 17);
  device('socket-a', S_IFSOCK | 0711, 0);
  target('symlink-a', 'block-a');
  owner($_, 1000, 6) for 'block-a', 'socket-a', 'symlink-a';
  for my $name ('block', 'socket', 'symlink') {
    hardlink("$name-a", "$name-b");
    hardlink("$name-a", "below/$name-c");
  }
});

# 1,023 bytes is the longest target that every file system of Linux takes.
within('more-symlinks', sub {
  target('of-1023-bytes', '../' x 300 . 't' x 123);
  target('like-a-record', "virtfs.uid=0\nvirtfs.mode=35309");
  target('no-text', "\xff\n \x01");
});

within('more-names', sub {
  fifo("fifo\n\xff ", 0600);
  target("\xff" x 255, "\xfe" x 255);
  device("-\\ \x7f", S_IFCHR | 0600, 0xfff << 8 | 0xff);
  within("directory\n\xe9", sub { device("\xe9", S_IFSOCK | 0644, 0) });
  # Names that mean something elsewhere: at the root of a tree, or in front of a longer one.
  within('.virtfs_convert', sub { file('journal', "a guest's own\n") });
  file('.virtfs_metadata_', "a guest's own\n");
});

within('more-files', sub {
  open my $file, '>:raw', 'holes' or die "Cannot make holes: $!";
  must(defined syswrite($file, "head\n"), 'write', 'holes');
  must(sysseek($file, 262_144, 0), 'seek', 'holes');
  must(defined syswrite($file, "middle\n"), 'write', 'holes');
  must(truncate($file, 1_000_003), 'truncate', 'holes');
  must(close $file, 'write', 'holes');
  file('no-permissions-of-1000', "secret\n");
  owner('no-permissions-of-1000', 1000, 1001);
  mode('no-permissions-of-1000', 0);
});
must(mkdir('empty-at-the-root'), 'mkdir', 'empty-at-the-root');
