# Names: which there may be, linking, renaming and removing them, and directories with many or deep ones.

fact 'a name may be any 255 bytes but zero and slash', sub {
  my @names = ('n' x 255, "\xe9" x 255, "\xff\xfe\x80", "caf\xe9", "gr\xc3\xbc\xc3\x9fe", "gru\xcc\x88\xc3\x9fe", "new\nline",
    "\x01\x7f\x1b[31m", ' blank ', '-dash', '...', '*?[a]', "\xc0\xae\xc0\xae", 'constructor', '__proto__', 'CON', 'a:b');
  put($_, "content of $_") for @names;
  # Further names of one file: that is quicker than as many files.
  my @bytes = map { chr } grep { $_ != 46 && $_ != 47 } 1 .. 255;
  must link('...', $_), 'link' for @bytes;
  is 'names', join('/', names_in('.')), join('/', sort @names, @bytes);
  is 'content', content_of($_), "content of $_" for @names;
  is 'inode', see($_)->{ino}, see('...')->{ino} for @bytes;
  must unlink($_), 'unlink' for @bytes;
};

fact 'names that differ in case or normal form only are different files', sub {
  put($_, $_) for 'a', 'A', "\xc3\xa9", "e\xcc\x81";
  is 'content', content_of($_), $_ for 'a', 'A', "\xc3\xa9", "e\xcc\x81";
};

fact 'a name of 256 bytes is refused', sub {
  refused 'making one', mkdir('n' x 256), ENAMETOOLONG;
  refused 'looking for one', exists_at('n' x 256), ENAMETOOLONG;
};

fact 'a hard link is the same file: one owner, mode, content and count', sub {
  must mkdir('d'), 'mkdir';
  put('a', 'first');
  must link('a', 'd/b'), 'link';
  must link('d/b', 'c'), 'link';
  is 'links', see('a')->{nlink}, 3;
  is 'inode', see('c')->{ino}, see('a')->{ino};
  must chmod(04751, 'd/b'), 'chmod';
  is 'mode', see('a')->{mode}, '4751';
  put('c', 'second');
  is 'content', content_of('a'), 'second';
  must unlink('a'), 'unlink';
  is 'links', see('c')->{nlink}, 2;
  is 'mode', see('d/b')->{mode}, see('c')->{mode};
};

fact 'a hard link shares its owner, also when that is changed by another name', needs => 'ownership moves', sub {
  must mkdir('d'), 'mkdir';
  put('a', '');
  must link('a', 'd/b'), 'link';
  must owner('d/b', 1000, 1001), 'chown';
  is 'owner', join(':', @{see('a')}{qw(uid gid)}), '1000:1001';
  must rename('a', 'd/c'), 'rename';
  must owner('d/c', 7, 8), 'chown';
  is 'owner', join(':', @{see('d/b')}{qw(uid gid)}), '7:8';
};

fact 'symlinks and fifos can be linked, directories cannot, and no name is taken', needs => 'link-counts', sub {
  must symlink('target', 'symlink'), 'symlink';
  must POSIX::mkfifo('fifo', 0600), 'mkfifo';
  must mkdir('directory'), 'mkdir';
  must call('linkat', $AT_FDCWD, 'symlink', $AT_FDCWD, 'symlink-2', 0), 'link';
  is 'target', readlink 'symlink-2', 'target';
  must link('fifo', 'fifo-2'), 'link';
  is 'type', see('fifo-2')->{type}, S_IFIFO;
  is 'links', see('fifo')->{nlink}, 2;
  refused 'linking a directory', link('directory', 'directory-2'), EPERM;
  refused 'linking over a name', link('fifo', 'symlink'), EEXIST;
};

fact 'a renamed object keeps its owner, mode, attributes and content', needs => 'xattrs', sub {
  must mkdir('d'), 'mkdir';
  put('a', 'content', 0640);
  must chmod(04710, 'a'), 'chmod';
  must set_attribute('a', 'user.a', 'v'), 'setxattr';
  owner('a', 1000, 1001) if $can{ownership};
  must chmod(04710, 'a'), 'chmod';
  my $before = see('a');
  must rename('a', 'b'), 'rename';
  must rename('b', 'd/c'), 'rename';
  my $after = see('d/c');
  is $_, $after->{$_}, $before->{$_} for qw(ino uid gid mode size mtime nlink);
  is 'attribute', attribute('d/c', 'user.a'), 'v';
  is 'content', content_of('d/c'), 'content';
  is 'names', join(',', names_in('.'), names_in('d')), 'd,c';
};

fact 'a renamed directory takes all below it along', needs => 'moves', sub {
  must mkdir($_), 'mkdir' for 'from', 'from/below', 'to';
  put('from/below/file', 'content', 0604);
  must rename('from', 'to/there'), 'rename';
  is 'content', content_of('to/there/below/file'), 'content';
  is 'mode', see('to/there/below/file')->{mode}, '0604';
  ok 'nothing is left', !exists_at('from');
  put('to/there/below/new', 'works on');
  refused 'moving it into itself', rename('to', 'to/there/to'), EINVAL;
};

fact 'rename replaces a file, whose mode and owner are not inherited', sub {
  put('winner', 'winner', 0640);
  put('loser', 'loser', 0604);
  owner('loser', 77, 77) if $can{ownership};
  my $winner = see('winner');
  must rename('winner', 'loser'), 'rename';
  is $_, see('loser')->{$_}, $winner->{$_} for qw(ino uid gid mode);
  is 'content', content_of('loser'), 'winner';
};

fact 'rename replaces an empty directory, and refuses what rename(2) refuses', sub {
  must mkdir($_), 'mkdir' for 'a', 'empty', 'full', 'full/below';
  must chmod(0711, 'a'), 'chmod';
  put('file', '');
  refused 'directory onto a full one', rename('a', 'full'), ENOTEMPTY;
  refused 'directory onto a file', rename('a', 'file'), ENOTDIR;
  refused 'file onto a directory', rename('file', 'empty'), EISDIR;
  refused 'what is not there', rename('nothing', 'something'), ENOENT;
  must rename('a', 'empty'), 'rename';
  is 'mode', see('empty')->{mode}, '0711';
  is 'names', join(',', names_in('.')), 'empty,file,full';
};

fact 'renaming one name of a file onto another leaves both', sub {
  put('a', '');
  must link('a', 'b'), 'link';
  must rename('a', 'b'), 'rename';
  is 'names', join(',', names_in('.')), 'a,b';
};

fact 'a rename that must not replace leaves both names as they were', sub {
  put('a', 'a');
  put('b', 'b');
  # The client looks first: where there is something it need not ask, and for the rest 9P has no such message.
  refused 'RENAME_NOREPLACE', call('renameat2', $AT_FDCWD, 'a', $AT_FDCWD, 'b', 1), EEXIST;
  refused 'RENAME_NOREPLACE', call('renameat2', $AT_FDCWD, 'a', $AT_FDCWD, 'c', 1), EINVAL;
  is 'names', join(',', names_in('.')), 'a,b';
};

fact 'rmdir removes empty directories only, unlink everything else', sub {
  must mkdir($_), 'mkdir' for 'empty', 'full', 'full/below';
  put('file', '');
  put('full/below/file', '');
  my $before = see('full')->{mode};
  refused 'rmdir of a full directory', rmdir('full'), ENOTEMPTY;
  refused 'rmdir of a file', rmdir('file'), ENOTDIR;
  refused 'unlink of a directory', unlink('empty') == 1, EISDIR;
  refused 'rmdir of nothing', rmdir('nothing'), ENOENT;
  is 'mode of what stayed', see('full')->{mode}, $before;
  must rmdir('empty'), 'rmdir';
  must unlink('full/below/file'), 'unlink';
  must rmdir('full/below'), 'rmdir';
  must rmdir('full'), 'rmdir';
  is 'names', join(',', names_in('.')), 'file';
};

fact 'a name can be used again at once, by another kind of object, and inherits nothing', needs => 'xattrs', sub {
  for my $round (1 .. 3) {
    put('name', 'file', 0600);
    must chmod(04777, 'name'), 'chmod';
    must set_attribute('name', 'user.a', 'v'), 'setxattr';
    owner('name', 1234, 1234) if $can{ownership};
    must unlink('name'), 'unlink';
    must mkdir('name', 0750), 'mkdir';
    is 'mode', see('name')->{mode}, '0750';
    is 'attributes', join(',', attribute_names('name')), '';
    is 'owner', see('name')->{uid}, see('.')->{uid};
    must rmdir('name'), 'rmdir';
    must symlink('x', 'name'), 'symlink';
    is 'target', readlink 'name', 'x';
    must unlink('name'), 'unlink';
    must POSIX::mkfifo('name', 0600), 'mkfifo';
    is 'type', see('name')->{type}, S_IFIFO;
    must unlink('name'), 'unlink';
  }
};

fact 'a path of 4,095 bytes reaches its file', sub {
  my $rest = 4095 - length 'f';
  my @parts;
  while ($rest > 1) {
    my $length = $rest > 252 ? 250 : $rest - 1;
    push @parts, 'p' x $length;
    must mkdir(join '/', @parts), 'mkdir';
    $rest -= $length + 1;
  }
  my $path = join '/', @parts, 'f' x (4095 - length(join '/', @parts) - 1);
  is 'length', length $path, 4095;
  put($path, 'at the end');
  is 'content', content_of($path), 'at the end';
  must chmod(0600, $path), 'chmod';
  is 'mode', see($path)->{mode}, '0600';
};

fact 'below 4,096 bytes of path every operation still works', needs => 'moves', sub {
  my $levels = 30;
  for my $level (1 .. $levels) {
    my $name = sprintf '%02d-%s', $level, 'd' x 240;
    must mkdir($name), "mkdir at level $level";
    must chdir($name), "chdir at level $level";
  }
  put('file', 'deep', 0640);
  is 'content', content_of('file'), 'deep';
  must chmod(0604, 'file'), 'chmod';
  must rename('file', 'renamed'), 'rename';
  is 'mode', see('renamed')->{mode}, '0604';
  must link('renamed', 'linked'), 'link';
  must symlink('renamed', 'symlink'), 'symlink';
  is 'content through a symlink', content_of('symlink'), 'deep';
  must mkdir('directory'), 'mkdir';
  must rename('directory', '../directory'), 'rename to the level above';
  must set_attribute('renamed', 'user.a', 'v'), 'setxattr';
  must truncate('renamed', 2), 'truncate';
  is 'content', content_of('linked'), 'de';
  must unlink('renamed'), 'unlink';
  is 'names', join(',', names_in('.')), 'linked,symlink';
  must rmdir('../directory'), 'rmdir';
  # The levels stay for the next mount, but for the lower half.
  must unlink('linked'), 'unlink';
  must unlink('symlink'), 'unlink';
  for my $level (reverse 23 .. $levels) {
    must chdir('..'), 'chdir up';
    must rmdir(sprintf '%02d-%s', $level, 'd' x 240), "rmdir at level $level";
  }
  put('bottom', 'still below 4,096 bytes', 0600);
};

# Long names, so that a listing takes several messages and the host several reads.
sub long_names { return map { sprintf "%03d-%s", $_, 'n' x 240 } 1 .. shift }

fact 'a listing that goes on after removals misses nothing and repeats nothing', sub {
  must mkdir('d'), 'mkdir';
  put('file', '');
  must link('file', "d/$_"), 'link' for long_names(180);
  opendir my $directory, 'd' or die;
  my %seen;
  while (defined(my $name = readdir $directory)) {
    next if $name =~ /^\./;
    ok "$name only once", !$seen{$name}++;
    must unlink("d/$name"), 'unlink';
  }
  is 'count', scalar keys %seen, 180;
  is 'what is left', join(',', names_in('d')), '';
  must rmdir('d'), 'rmdir';
};

fact 'a listing can be left, gone back to and begun again', sub {
  put('file', '');
  must mkdir('d'), 'mkdir';
  must link('file', "d/$_"), 'link' for long_names(150);
  opendir my $directory, 'd' or die;
  my @first = map { scalar readdir $directory } 1 .. 70;
  my $place = telldir $directory;
  my @rest = readdir $directory;
  is 'count', @first + @rest, 152;
  seekdir $directory, $place;
  is 'the rest again', join('/', readdir $directory), join('/', @rest);
  rewinddir $directory;
  is 'all again', join('/', readdir $directory), join('/', @first, @rest);
  must unlink("d/$_"), 'unlink' for long_names(150);
};

fact 'a directory shows itself and its parent, the root its own', sub {
  must mkdir('d'), 'mkdir';
  is 'inode of d/..', see('d/..')->{ino}, see('.')->{ino};
  is 'inode of ..', see('..')->{ino}, see($root)->{ino};
  opendir my $directory, 'd' or die;
  is 'names', join('/', sort readdir $directory), './..';
};
