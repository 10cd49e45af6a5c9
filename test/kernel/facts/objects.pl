# Every kind of object, its owner, mode and times, and the attributes beside them.

fact 'a file has the mode that the umask leaves, its maker as owner, and the bytes that were written', sub {
  umask 027;
  put('file', "hello\n", 0666);
  my $file = see('file');
  is 'type', $file->{type}, S_IFREG;
  is 'mode', $file->{mode}, '0640';
  is 'size', $file->{size}, 6;
  is 'nlink', $file->{nlink}, 1;
  is 'content', content_of('file'), "hello\n";
};

fact 'what root makes belongs to root', needs => 'ownership groups', sub {
  put('file', '');
  must mkdir('directory'), 'mkdir';
  must symlink('target', 'symlink'), 'symlink';
  must POSIX::mkfifo('fifo', 0600), 'mkfifo';
  is "owner of $_", join(':', @{see($_)}{qw(uid gid)}), '0:0' for qw(file directory symlink fifo);
};

fact 'what a user makes belongs to that user and the group it runs in', needs => 'ownership groups', sub {
  must chmod(0777, '.'), 'chmod';
  as_user 1000, 1001, sub {
    put('file', '', 0600);
    must mkdir('directory', 0700), 'mkdir';
    must symlink('target', 'symlink'), 'symlink';
    must POSIX::mkfifo('fifo', 0600), 'mkfifo';
    must chmod(0644, 'file'), 'chmod of my own file';
  };
  is "owner of $_", join(':', @{see($_)}{qw(uid gid)}), '1000:1001' for qw(file directory symlink fifo);
  is 'mode', see('file')->{mode}, '0644';
};

fact 'a directory has the mode that the umask leaves, and counts its subdirectories', sub {
  umask 002;
  must mkdir('d', 0777), 'mkdir';
  my $links = see('d')->{nlink};
  must mkdir("d/$_"), 'mkdir' for 1 .. 3;
  my $directory = see('d');
  is 'type', $directory->{type}, S_IFDIR;
  is 'mode', $directory->{mode}, '0775';
  ok 'nlink counts them, or is always 1', $directory->{nlink} >= $links + 3 || $links == 1;
};

fact 'a symlink has its target, the length of it as size, and mode 0777', sub {
  for my $target ('x', 'no/such/file', '../' x 100, "\xff\xfe caf\xe9", 't' x 4000) {
    my $name = 'to-' . length $target;
    must symlink($target, $name), 'symlink';
    is 'target', readlink $name, $target;
    my $link = see($name);
    is 'type', $link->{type}, S_IFLNK;
    is 'mode', $link->{mode}, '0777';
    is 'size', $link->{size}, length $target;
  }
};

fact 'a path through symlinks leads where they point, and a loop is refused', sub {
  must mkdir('d'), 'mkdir';
  put('d/file', 'found');
  must symlink('d', 'to-d'), 'symlink';
  must symlink("../to-d/file", 'd/to-file'), 'symlink';
  is 'content', content_of('to-d/to-file'), 'found';
  must symlink('loop', 'loop'), 'symlink';
  refused 'opening a loop', scalar(open my $file, '<', 'loop'), ELOOP;
};

fact 'devices have the numbers they were made with', needs => 'devices', sub {
  for ([S_IFCHR, 1, 3], [S_IFCHR, 4, 64], [S_IFBLK, 8, 1], [S_IFBLK, 253, 300], [S_IFCHR, 3000, 600000], [S_IFCHR, 0, 0]) {
    my ($type, $major, $minor) = @$_;
    my $name = "$type-$major-$minor";
    must device($name, $type | 0640, $major, $minor), 'mknod';
    my $node = see($name);
    is 'type', $node->{type}, $type;
    is 'numbers', "$node->{major}:$node->{minor}", "$major:$minor";
    is 'mode', $node->{mode}, '0640';
    is 'size', $node->{size}, 0;
  }
};

fact 'a device in the tree is the guest\'s own device', needs => 'devices', sub {
  must device('null', S_IFCHR | 0666, 1, 3), 'mknod';
  put('null', 'swallowed');
  is 'what it reads', content_of('null'), '';
  must device('zero', S_IFCHR | 0666, 1, 5), 'mknod';
  sysread opened('zero', O_RDONLY), my $bytes, 5;
  is 'what it reads', $bytes, "\0" x 5;
};

fact 'a fifo carries bytes between two processes', sub {
  must POSIX::mkfifo('fifo', 0622), 'mkfifo';
  is 'type', see('fifo')->{type}, S_IFIFO;
  is 'mode', see('fifo')->{mode}, '0600';
  must chmod(0622, 'fifo'), 'chmod';
  is 'mode', see('fifo')->{mode}, '0622';
  my $pid = fork // die;
  if ($pid == 0) { put_into(opened('fifo', O_WRONLY), 'through the fifo'); _exit(0) }
  is 'content', content_of('fifo'), 'through the fifo';
  waitpid $pid, 0;
};

fact 'a socket that a process bound is a socket, and goes when it is removed', sub {
  socket my $server, AF_UNIX, SOCK_STREAM, 0 or die;
  must bind($server, pack_sockaddr_un('socket')), 'bind';
  is 'type', see('socket')->{type}, S_IFSOCK;
  must listen($server, 1), 'listen';
  socket my $client, AF_UNIX, SOCK_STREAM, 0 or die;
  must connect($client, pack_sockaddr_un('socket')), 'connect';
  socket my $second, AF_UNIX, SOCK_STREAM, 0 or die;
  refused 'binding it twice', bind($second, pack_sockaddr_un('socket')), EADDRINUSE;
  must unlink('socket'), 'unlink';
  ok 'gone', !exists_at('socket');
};

fact 'mknod makes an empty regular file', sub {
  must device('file', S_IFREG | 0604, 0, 0), 'mknod';
  is 'type', see('file')->{type}, S_IFREG;
  is 'mode', see('file')->{mode}, '0604';
  is 'content', content_of('file'), '';
};

fact 'chmod changes permission and set-id bits, and never the type', sub {
  put('file', '');
  must mkdir('directory'), 'mkdir';
  must POSIX::mkfifo('fifo', 0600), 'mkfifo';
  for my $mode (0, 0777, 01777, 02755, 04711, 06711, 07777, 0644) {
    for my $name (qw(file directory fifo)) {
      my $type = see($name)->{type};
      must chmod($mode, $name), "chmod $name";
      is "mode of $name", see($name)->{mode}, sprintf('%04o', $mode);
      is "type of $name", see($name)->{type}, $type;
    }
  }
};

fact 'chown changes owner and group, each alone too, up to the greatest id', needs => 'ownership', sub {
  put('file', '');
  must mkdir('directory'), 'mkdir';
  must symlink('file', 'symlink'), 'symlink';
  must POSIX::mkfifo('fifo', 0600), 'mkfifo';
  for my $name (qw(file directory symlink fifo)) {
    must owner($name, 1000, 2000), 'chown';
    is 'owner', join(':', @{see($name)}{qw(uid gid)}), '1000:2000';
    must owner($name, -1, 2001), 'chgrp';
    is 'owner', join(':', @{see($name)}{qw(uid gid)}), '1000:2001';
    must owner($name, 70000, -1), 'chown';
    is 'owner', join(':', @{see($name)}{qw(uid gid)}), '70000:2001';
    must owner($name, -1, -1), 'chown to nobody else';
    is 'owner', join(':', @{see($name)}{qw(uid gid)}), '70000:2001';
    must owner($name, 4294967294, 2147483648), 'chown';
    is 'owner', join(':', @{see($name)}{qw(uid gid)}), '4294967294:2147483648';
  }
  is 'owner of what the symlink points at', see('file')->{uid}, 4294967294;
};

fact 'chown takes the set-id bits off a file, and leaves a directory\'s', needs => 'ownership', sub {
  put('file', '');
  must chmod(06755, 'file'), 'chmod';
  must owner('file', 1000, 1000), 'chown';
  is 'mode of the file', see('file')->{mode}, '0755';
  must mkdir('directory'), 'mkdir';
  must chmod(02775, 'directory'), 'chmod';
  must owner('directory', 1000, 1000), 'chown';
  is 'mode of the directory', see('directory')->{mode}, '2775';
};

fact 'in a set-group-id directory, what is made gets its group, and directories the bit', needs => 'ownership groups', sub {
  must mkdir('d'), 'mkdir';
  must owner('d', 0, 4242), 'chown';
  must chmod(02777, 'd'), 'chmod';
  put('d/file', '');
  must mkdir('d/directory'), 'mkdir';
  must symlink('target', 'd/symlink'), 'symlink';
  must POSIX::mkfifo('d/fifo', 0600), 'mkfifo';
  is "group of $_", see("d/$_")->{gid}, 4242 for qw(file directory symlink fifo);
  is 'mode of the directory', see('d/directory')->{mode}, '2755';
  is 'mode of the file', see('d/file')->{mode}, '0644';
};

# Sets both times of each name, and looks whether they are kept.
sub keeps_times {
  for my $name (@_) {
    must set_times($name, 1_000_000_000, 2_147_483_648), 'utimensat';
    is "times of $name", join(' ', @{see($name)}{qw(atime mtime)}), '1000000000.000000000 2147483648.000000000';
  }
}

fact 'times of a symlink can be set, and looking at it does not move them', needs => 'symlink-atime', sub {
  must symlink('file', 'symlink'), 'symlink';
  keeps_times('symlink');
};

fact 'times can be set to whole seconds, a special file\'s too, and to now', sub {
  put('file', '');
  must mkdir('directory'), 'mkdir';
  must POSIX::mkfifo('fifo', 0600), 'mkfifo';
  keeps_times(qw(file directory fifo));
  must utime(undef, undef, 'file'), 'utime';
  ok 'mtime is now', see('file')->{mtime} gt '1600000000' && see('file')->{mtime} lt '2147483648';
};

fact 'writing and truncating move mtime, reading does not', sub {
  put('file', 'some bytes');
  must set_times('file', 1000, 1000), 'utimensat';
  content_of('file');
  is 'mtime after reading', see('file')->{mtime}, '1000.000000000';
  put_into(opened('file', O_WRONLY), 'x');
  ok 'mtime after writing', see('file')->{mtime} gt '1600000000';
  must set_times('file', 1000, 1000), 'utimensat';
  must truncate('file', 3), 'truncate';
  ok 'mtime after truncating', see('file')->{mtime} gt '1600000000';
};

fact 'every change of an object moves its ctime', needs => 'ctime', sub {
  put('file', '');
  moves_ctime 'chmod', 'file', sub { must chmod(0600, 'file'), 'chmod' };
  moves_ctime 'chmod to the same', 'file', sub { must chmod(0600, 'file'), 'chmod' };
  moves_ctime 'chown to nobody else', 'file', sub { must owner('file', -1, -1), 'chown' };
  moves_ctime 'utime', 'file', sub { must set_times('file', 1, 1), 'utimensat' };
  moves_ctime 'write', 'file', sub { put_into(opened('file', O_WRONLY), 'x') };
  moves_ctime 'truncate', 'file', sub { must truncate('file', 100), 'truncate' };
  moves_ctime 'setxattr', 'file', sub { must set_attribute('file', 'user.a', 'v'), 'setxattr' };
  moves_ctime 'link', 'file', sub { must link('file', 'second'), 'link' };
  moves_ctime 'unlink of another name', 'file', sub { must unlink('second'), 'unlink' };
  moves_ctime 'rename', ['file', 'renamed'], sub { must rename('file', 'renamed'), 'rename' };
  must mkdir('directory'), 'mkdir';
  moves_ctime 'chmod of a directory', 'directory', sub { must chmod(0700, 'directory'), 'chmod' };
  must POSIX::mkfifo('fifo', 0600), 'mkfifo';
  moves_ctime 'chmod of a fifo', 'fifo', sub { must chmod(0700, 'fifo'), 'chmod' };
};

fact 'a new owner moves ctime', needs => 'ownership ctime', sub {
  put('file', '');
  moves_ctime 'chown', 'file', sub { must owner('file', 1000, -1), 'chown' };
  must symlink('target', 'symlink'), 'symlink';
  moves_ctime 'chown of a symlink', 'symlink', sub { must owner('symlink', 1000, 1000), 'lchown' };
};

fact 'making and removing names moves mtime and ctime of their directory', needs => 'ctime', sub {
  must mkdir('d'), 'mkdir';
  for my $change (sub { put('d/a', '') }, sub { must link('d/a', 'd/b'), 'link' }, sub { must rename('d/b', 'd/c'), 'rename' },
    sub { must unlink('d/a'), 'unlink' }, sub { must mkdir('d/e'), 'mkdir' }, sub { must rmdir('d/e'), 'rmdir' }) {
    my $before = see('d')->{mtime};
    moves_ctime 'a change of names', 'd', $change;
    ok 'mtime moved', see('d')->{mtime} gt $before;
  }
};

fact 'attributes of every byte and up to 3,000 bytes are kept, listed and removed', needs => 'xattrs', sub {
  put('file', '');
  must mkdir('directory'), 'mkdir';
  my $every_byte = join '', map { chr } 0 .. 255;
  for my $name (qw(file directory)) {
    is 'attributes', join(',', attribute_names($name)), '';
    must set_attribute($name, 'user.bytes', $every_byte), 'setxattr';
    must set_attribute($name, 'user.long', 'v' x 3000), 'setxattr';
    must set_attribute($name, "user.gr\xc3\xbc\xc3\x9fe", 'utf-8'), 'setxattr';
    is 'attributes', join(',', attribute_names($name)), "user.bytes,user.gr\xc3\xbc\xc3\x9fe,user.long";
    is 'value', attribute($name, 'user.bytes'), $every_byte;
    is 'value', attribute($name, 'user.long'), 'v' x 3000;
    must call('lremovexattr', $name, 'user.long'), 'removexattr';
    refused 'reading what was removed', defined attribute($name, 'user.long'), ENODATA;
    refused 'removing it twice', call('lremovexattr', $name, 'user.long'), ENODATA;
  }
};

fact 'an attribute can be demanded to be new, or to be there', needs => 'xattrs', sub {
  put('file', '');
  refused 'replacing an absent one', set_attribute('file', 'user.a', 'v', $XATTR_REPLACE), ENODATA;
  must set_attribute('file', 'user.a', 'first', $XATTR_CREATE), 'create';
  refused 'creating it twice', set_attribute('file', 'user.a', 'second', $XATTR_CREATE), EEXIST;
  must set_attribute('file', 'user.a', 'third', $XATTR_REPLACE), 'replace';
  is 'value', attribute('file', 'user.a'), 'third';
};

fact 'attributes of other namespaces are refused', sub {
  put('file', '');
  refused "setting $_", set_attribute('file', $_, 'v'), EOPNOTSUPP for 'trusted.a', 'security.selinux', 'system.other';
};

fact 'what the mapping itself keeps is neither shown nor set', needs => 'mapped-xattr xattrs', sub {
  put('file', '');
  is 'attributes', join(',', attribute_names('file')), '';
  refused 'reading it', defined attribute('file', 'user.virtfs.uid'), ENODATA;
  refused 'setting it', set_attribute('file', 'user.virtfs.mode', "\xed\x89\0\0"), EACCES;
  refused 'removing it', call('lremovexattr', 'file', 'user.virtfs.uid'), EACCES;
};

fact 'what the mapping itself keeps cannot be named', needs => 'mapped-file', sub {
  put('file', '');
  must mkdir('d'), 'mkdir';
  for my $name ('.virtfs_metadata', '.virtfs_metadata_root', 'd/.virtfs_metadata') {
    refused "looking at $name", exists_at($name), EINVAL;
    refused "making $name", mkdir($name), EINVAL;
  }
  refused 'a look inside', exists_at('.virtfs_metadata/file'), EINVAL;
  refused 'renaming onto it', rename('file', '.virtfs_metadata'), EINVAL;
  refused 'linking onto it', link('file', 'd/.virtfs_metadata'), EINVAL;
  is 'names', join(',', names_in('.')), 'd,file';
};
