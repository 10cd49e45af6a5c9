# Permissions as a user without privilege meets them. The server would do it all: with access=client the guest's kernel
# decides, by the owners and modes that it is shown.

fact 'what belongs to root and is private can neither be read, written, listed nor entered', needs => 'ownership', sub {
  put('file', 'secret', 0600);
  must mkdir('directory', 0700), 'mkdir';
  put('directory/file', 'secret', 0644);
  as_user 1000, 1000, sub {
    refused 'reading', scalar(open my $file, '<', 'file'), EACCES;
    refused 'writing', scalar(open my $other, '>>', 'file'), EACCES;
    refused 'truncating', truncate('file', 0), EACCES;
    refused 'listing', scalar(opendir my $directory, 'directory'), EACCES;
    refused 'entering', chdir('directory'), EACCES;
    refused 'a look inside', exists_at('directory/file'), EACCES;
    refused 'making a file', scalar(open my $new, '>', 'new'), EACCES;
    refused 'making a directory', mkdir('new'), EACCES;
    refused 'removing', unlink('file') == 1, EACCES;
    refused 'renaming', rename('file', 'renamed'), EACCES;
    refused 'chmod', chmod(0777, 'file') == 1, EPERM;
    refused 'chown', owner('file', 1000, 1000), EPERM;
    refused 'utime', set_times('file', 1, 1), EPERM;
    refused 'setxattr', set_attribute('file', 'user.a', 'v'), EACCES;
  };
  is 'content', content_of('file'), 'secret';
};

fact 'group and others get what their bits say', needs => 'ownership', sub {
  put('file', 'content');
  must owner('file', 1000, 2000), 'chown';
  must chmod(0640, 'file'), 'chmod';
  as_user 1000, 1, sub { is 'the owner reads', content_of('file'), 'content'; opened('file', O_RDWR) };
  as_user 1001, 2000, sub {
    is 'the group reads', content_of('file'), 'content';
    refused 'the group writes', scalar(sysopen my $file, 'file', O_WRONLY), EACCES;
  };
  as_user 1001, 1001, sub { refused 'others read', scalar(sysopen my $file, 'file', O_RDONLY), EACCES };
  must chmod(0604, 'file'), 'chmod';
  as_user 1001, 2000, sub { refused 'the group reads', scalar(sysopen my $file, 'file', O_RDONLY), EACCES };
  as_user 1001, 1001, sub { is 'others read', content_of('file'), 'content' };
};

fact 'in a sticky directory only its owner removes a file', needs => 'ownership', sub {
  must mkdir('tmp'), 'mkdir';
  must chmod(01777, 'tmp'), 'chmod';
  as_user 1000, 1000, sub { put('tmp/mine', ''); put('tmp/mine-too', '') };
  as_user 1001, 1001, sub {
    refused 'removing', unlink('tmp/mine') == 1, EPERM;
    refused 'renaming', rename('tmp/mine', 'tmp/yours'), EPERM;
    put('tmp/yours', '');
    refused 'replacing', rename('tmp/yours', 'tmp/mine'), EPERM;
  };
  as_user 1000, 1000, sub { must unlink('tmp/mine'), 'unlink' };
  is 'names', join(',', names_in('tmp')), 'mine-too,yours';
};

fact 'a user who writes to another\'s set-id program takes the bits off', needs => 'ownership', sub {
  my %writing = (write => sub { put_into(opened('program', O_WRONLY), 'x') }, truncate => sub { must truncate('program', 1), 'truncate' });
  for my $way (sort keys %writing) {
    put('program', 'program');
    must chmod(06777, 'program'), 'chmod';
    as_user 1000, 1000, $writing{$way};
    is "mode after $way", see('program')->{mode}, '0777';
  }
};

fact 'a program in the tree runs, with its owner\'s rights when it is set-user-id', needs => 'ownership xattrs', sub {
  # Small, and unlike busybox it does not drop what it does not need.
  open my $source, '<:raw', '/usr/bin/setfattr' or die "Cannot read setfattr: $!";
  put('program', do { local $/; <$source> });
  put('file', '', 0600);
  must owner($_, 4242, 4242), 'chown' for 'program', 'file';
  my $run = sub { system('./program', '-n', 'user.a', '-v', $_[0], 'file') };
  open STDERR, '>', '/dev/null';
  must chmod(0755, 'program'), 'chmod';
  as_user 1000, 1000, sub { ok 'refused with my own rights', $run->('mine') >> 8 == 1 };
  must chmod(04755, 'program'), 'chmod';
  as_user 1000, 1000, sub { is 'end of the program', $run->('theirs'), 0 };
  is 'what it did', attribute('file', 'user.a'), 'theirs';
  must chmod(0644, 'program'), 'chmod';
  as_user 1000, 1000, sub { no warnings 'exec'; refused 'running what is not executable', exec('./program'), EACCES };
};
