# Open files: how they are opened, and what they stay when their names go.

fact 'an unlinked open file still takes every change, and gives everything back', needs => 'xattrs', sub {
  my $file = opened('file', O_RDWR | O_CREAT | O_EXCL, 0600);
  put_into($file, 'written before');
  must unlink('file'), 'unlink';
  ok 'name gone', !exists_at('file');
  my $seen = see($file);
  is 'nlink', $seen->{nlink}, 0;
  is 'size', $seen->{size}, 14;
  is 'type', $seen->{type}, S_IFREG;
  is 'content', content_of($file), 'written before';
  sysseek $file, 14, SEEK_SET;
  put_into($file, ' and after');
  is 'content', content_of($file), 'written before and after';
  must truncate($file, 7), 'ftruncate';
  is 'size', see($file)->{size}, 7;
  must chmod(04751, $file), 'fchmod';
  is 'mode', see($file)->{mode}, '4751';
  must utime(1_000_000_000, 2_000_000_000, $file), 'futimens';
  is 'times', join(' ', @{see($file)}{qw(atime mtime)}), '1000000000.000000000 2000000000.000000000';
  my $key = 'user.a';
  must call('fsetxattr', fileno $file, $key, "v$key", 1, 0), 'fsetxattr';
  my $value = "\0" x 16;
  is 'size of the attribute', syscall($SYS{fgetxattr}, fileno $file, $key, $value, 16), 1;
  must flock($file, LOCK_EX | LOCK_NB), 'flock';
  must syscall(74, fileno $file) == 0, 'fsync';
  is 'content', content_of($file), 'written';
};

fact 'an unlinked open file can be given to another owner', needs => 'ownership', sub {
  my $file = opened('file', O_RDWR | O_CREAT, 0600);
  must unlink('file'), 'unlink';
  must chown(1000, 1001, $file), 'fchown';
  is 'owner', join(':', @{see($file)}{qw(uid gid)}), '1000:1001';
  must chmod(0640, $file), 'fchmod';
  is 'owner and mode', join(':', @{see($file)}{qw(uid gid mode)}), '1000:1001:0640';
};

fact 'what is done to an unlinked open file is not done to the file that has its name now', sub {
  put('file', 'old', 0600);
  my $file = opened('file', O_RDWR);
  must unlink('file'), 'unlink';
  put('file', 'new', 0644);
  must chmod(0777, $file), 'fchmod';
  must truncate($file, 0), 'ftruncate';
  must utime(1, 1, $file), 'futimens';
  put_into($file, 'OLD OLD');
  is 'content of the new file', content_of('file'), 'new';
  is 'mode of the new file', see('file')->{mode}, '0644';
  ok 'mtime of the new file', see('file')->{mtime} gt '1600000000';
  is 'content of the old file', content_of($file), 'OLD OLD';
};

fact 'an open file that is renamed over keeps its own content', sub {
  put('victim', 'the victim', 0600);
  put('winner', 'the winner', 0644);
  my $victim = opened('victim', O_RDWR);
  my $winner = opened('winner', O_RDWR);
  must rename('winner', 'victim'), 'rename';
  is 'content of the old file', content_of($victim), 'the victim';
  is 'links of the old file', see($victim)->{nlink}, 0;
  is 'mode of the old file', see($victim)->{mode}, '0600';
  is 'content of the new file', content_of($winner), 'the winner';
  must chmod(0711, $winner), 'fchmod';
  is 'mode by name', see('victim')->{mode}, '0711';
  must truncate($victim, 3), 'ftruncate';
  is 'content by name', content_of('victim'), 'the winner';
};

fact 'an open file follows its renamed name and its renamed directory', needs => 'moves', sub {
  must mkdir($_), 'mkdir' for 'd', 'e';
  put('d/file', 'content');
  my $file = opened('d/file', O_RDWR);
  must rename('d/file', 'd/renamed'), 'rename';
  must rename('d', 'e/d'), 'rename';
  must chmod(0611, $file), 'fchmod';
  is 'mode by name', see('e/d/renamed')->{mode}, '0611';
  sysseek $file, 0, SEEK_END;
  put_into($file, ' appended');
  is 'content by name', content_of('e/d/renamed'), 'content appended';
};

fact 'a removed directory that is still open lists nothing and takes nothing', sub {
  must mkdir('d'), 'mkdir';
  must chdir('d'), 'chdir';
  opendir my $directory, '.' or die;
  must rmdir('../d'), 'rmdir';
  refused 'making a file in it', scalar(sysopen my $file, 'file', O_WRONLY | O_CREAT), ENOENT;
  refused 'making a directory in it', mkdir('e'), ENOENT;
  rewinddir $directory;
  is 'names', join(',', grep { !/^\.\.?$/ } readdir $directory), '';
};

fact 'O_EXCL makes a file only where there is nothing, not even a dangling symlink', sub {
  put('file', 'there');
  must symlink('nowhere', 'symlink'), 'symlink';
  refused 'a file', scalar(sysopen my $a, 'file', O_WRONLY | O_CREAT | O_EXCL), EEXIST;
  refused 'a symlink', scalar(sysopen my $b, 'symlink', O_WRONLY | O_CREAT | O_EXCL), EEXIST;
  is 'content', content_of('file'), 'there';
  opened('new', O_WRONLY | O_CREAT | O_EXCL);
};

fact 'opening an existing file with O_CREAT leaves its owner and mode', sub {
  put('file', 'content', 0604);
  owner('file', 1000, 1000) if $can{ownership};
  my $before = see('file');
  my $file = opened('file', O_RDWR | O_CREAT, 0777);
  is $_, see('file')->{$_}, $before->{$_} for qw(ino uid gid mode size);
  opened('file', O_RDWR | O_CREAT | O_TRUNC, 0777);
  is $_, see('file')->{$_}, $before->{$_} for qw(ino uid gid mode);
  is 'size', see('file')->{size}, 0;
};

fact 'a file made without any permission can be written through the handle that made it', sub {
  my $file = opened('file', O_RDWR | O_CREAT | O_EXCL, 0);
  put_into($file, 'content');
  is 'content', content_of($file), 'content';
  is 'mode', see('file')->{mode}, '0000';
};

fact 'O_APPEND writes at the end, wherever the end has gone', sub {
  my $one = opened('log', O_WRONLY | O_CREAT | O_APPEND);
  my $two = opened('log', O_WRONLY | O_APPEND);
  for my $round (1 .. 20) {
    put_into($one, "one $round\n");
    put_into($two, "two $round\n");
  }
  is 'content', content_of('log'), join('', map { "one $_\ntwo $_\n" } 1 .. 20);
  sysseek $one, 0, SEEK_SET;
  put_into($one, "last\n");
  ok 'last is last', content_of('log') =~ /two 20\nlast\n\z/;
};

fact 'access modes are kept: no reading of a write-only file, no writing of a read-only one', sub {
  put('file', 'content');
  {
    # perl warns of what shall fail.
    no warnings 'io';
    refused 'reading', defined(sysread opened('file', O_WRONLY), my $bytes, 1), EBADF;
    refused 'writing', defined(syswrite opened('file', O_RDONLY), 'x'), EBADF;
  }
  refused 'opening a directory for writing', scalar(sysopen my $directory, '.', O_WRONLY), EISDIR;
  refused 'opening a file as a directory', scalar(sysopen my $file, 'file', O_RDONLY | O_DIRECTORY), ENOTDIR;
  must symlink('file', 'symlink'), 'symlink';
  refused 'opening a symlink with O_NOFOLLOW', scalar(sysopen my $link, 'symlink', O_RDONLY | O_NOFOLLOW), ELOOP;
};

fact 'a file opened before its permissions were taken can still be read and written', sub {
  put('file', 'content');
  my $file = opened('file', O_RDWR);
  must chmod(0, 'file'), 'chmod';
  is 'content', content_of($file), 'content';
  put_into($file, ' and more');
  is 'content', content_of($file), 'content and more';
};

fact 'a hundred files can be open at once', sub {
  my @files = map { opened("file-$_", O_RDWR | O_CREAT) } 1 .. 100;
  put_into($files[$_], "content $_") for 0 .. 99;
  is 'content', content_of($files[$_]), "content $_" for 0 .. 99;
  must unlink("file-$_"), 'unlink' for 2 .. 100;
};

fact 'a file can be longer than 4 GiB, holes take no room and read as zeros', needs => 'blocks', sub {
  my $file = opened('sparse', O_RDWR | O_CREAT);
  put_into($file, 'head');
  sysseek $file, 5 * 2**30, SEEK_SET;
  put_into($file, 'tail');
  my $seen = see('sparse');
  is 'size', $seen->{size}, 5 * 2**30 + 4;
  ok "$seen->{blocks} blocks are few", $seen->{blocks} < 2048;
  sysseek $file, 3 * 2**30, SEEK_SET;
  sysread $file, my $bytes, 4096;
  is 'a hole', $bytes, "\0" x 4096;
  sysseek $file, -4, SEEK_END;
  sysread $file, $bytes, 100;
  is 'the end', $bytes, 'tail';
  must truncate('sparse', 10), 'truncate';
  must truncate('sparse', 20), 'truncate';
  is 'content', content_of('sparse'), "head" . "\0" x 16;
};

fact 'reads and writes of every length and place around a message arrive whole', sub {
  my $bytes = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 150_000;
  put('file', $bytes);
  is 'size', see('file')->{size}, 600_000;
  ok 'content', content_of('file') eq $bytes;
  my $file = opened('file', O_RDWR);
  for my $at (0, 1, 4095, 4096, 65_535, 262_143, 262_144, 599_999) {
    for my $length (1, 4095, 4097, 262_120, 262_145) {
      sysseek $file, $at, SEEK_SET;
      sysread($file, my $read, $length);
      my $wanted = substr $bytes, $at, $length;
      ok "$length bytes at $at", length $read > 0 && $read eq substr $wanted, 0, length $read;
    }
    sysseek $file, $at, SEEK_SET;
    put_into($file, "patch $at");
    substr($bytes, $at, length "patch $at") = "patch $at";
  }
  ok 'content after the patches', content_of('file') eq $bytes;
};

# One lock in two processes: what the other may take, and when. $take: exclusive or shared, without waiting.
sub locks_exclude {
  my ($take, $give) = @_;
  put('file', 'content');
  pipe my $from_child, my $to_parent or die;
  pipe my $from_parent, my $to_child or die;
  my $pid = fork // die;
  if ($pid == 0) {
    my $file = opened('file', O_RDWR);
    syswrite $to_parent, $take->($file, 'exclusive') ? 'L' : "X$!";
    sysread $from_parent, my $go, 1;
    syswrite $to_parent, $take->($file, 'shared') ? 'S' : "X$!";
    sysread $from_parent, $go, 1;
    _exit(0);
  }
  my $file = opened('file', O_RDWR);
  sysread $from_child, my $said, 1;
  is 'the child', $said, 'L';
  refused 'an exclusive lock beside an exclusive one', $take->($file, 'exclusive'), EAGAIN;
  refused 'a shared lock beside an exclusive one', $take->($file, 'shared'), EAGAIN;
  syswrite $to_child, 'g';
  sysread $from_child, $said, 1;
  is 'the child', $said, 'S';
  refused 'an exclusive lock beside a shared one', $take->($file, 'exclusive'), EAGAIN;
  must $take->($file, 'shared'), 'share';
  must $give->($file), 'unlock';
  syswrite $to_child, 'g';
  waitpid $pid, 0;
  must $take->($file, 'exclusive'), 'lock after the other process has ended';
}

fact 'flock keeps two processes apart', sub {
  locks_exclude(sub { flock $_[0], ($_[1] eq 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB }, sub { flock $_[0], LOCK_UN });
};

my $range = sub { my ($file, $type, $start, $length) = @_; fcntl $file, F_SETLK, pack 's s x4 q q l x4', $type, SEEK_SET, $start, $length, 0 };

fact 'fcntl locks keep two processes apart', needs => 'range-locks', sub {
  locks_exclude(sub { $range->($_[0], $_[1] eq 'shared' ? F_RDLCK : F_WRLCK, 0, 0) }, sub { $range->($_[0], F_UNLCK, 0, 0) });
};

fact 'fcntl locks of different ranges do not meet', needs => 'range-locks', sub {
  put('file', 'x' x 100);
  my $file = opened('file', O_RDWR);
  must $range->($file, F_WRLCK, 10, 10), 'lock 10 to 19';
  my $pid = fork // die;
  if ($pid == 0) {
    my $other = opened('file', O_RDWR);
    my $found = pack 's s x4 q q l x4', F_WRLCK, SEEK_SET, 0, 100, 0;
    my @said = ($range->($other, F_WRLCK, 0, 10), $range->($other, F_WRLCK, 20, 0), !$range->($other, F_WRLCK, 19, 1),
      !$range->($other, F_RDLCK, 5, 10), fcntl($other, F_GETLK, $found) && join(' ', (unpack 's s x4 q q', $found)[0, 2, 3]) eq F_WRLCK . ' 10 10');
    _exit((grep { !$_ } @said) ? 1 + (grep { !$said[$_] } 0 .. 4)[0] : 0);
  }
  waitpid $pid, 0;
  is 'the first of the other process\'s five tries that went wrong', $? >> 8, 0;
};
