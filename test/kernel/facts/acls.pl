# Access control lists, on a mount with posixacl: the guest's kernel keeps and obeys them, we store them.

sub set_acl {
  my ($acl, @names) = @_;
  must system('setfacl', '-m', $acl, @names) == 0, "setfacl $acl";
}
sub acl_of { my ($name) = @_; my $text = `getfacl --omit-header --numeric --absolute-names $name`; $text =~ s/\s+/ /g; $text =~ s/ $//; return $text }

fact 'an ACL lets in whom it names, and keeps out whom it names', sub {
  put('file', 'content', 0640);
  owner('.', 0, 0);
  set_acl('u:1000:rw,u:1001:---,g:2000:r', 'file');
  is 'acl', acl_of('file'), 'user::rw- user:1000:rw- user:1001:--- group::r-- group:2000:r-- mask::rw- other::---';
  is 'mode', see('file')->{mode}, '0660';
  as_user 1000, 1000, sub { opened('file', O_RDWR) };
  as_user 1001, 1001, sub { refused 'reading', scalar(sysopen my $file, 'file', O_RDONLY), EACCES };
  as_user 1002, 2000, sub {
    is 'content', content_of('file'), 'content';
    refused 'writing', scalar(sysopen my $file, 'file', O_WRONLY), EACCES;
  };
  as_user 1002, 1002, sub { refused 'reading', scalar(sysopen my $file, 'file', O_RDONLY), EACCES };
};

fact 'chmod changes the mask of an ACL', sub {
  put('file', '', 0640);
  set_acl('u:1000:rwx', 'file');
  must chmod(0640, 'file'), 'chmod';
  is 'acl', acl_of('file'), 'user::rw- user:1000:rwx #effective:r-- group::r-- mask::r-- other::---';
  as_user 1000, 1000, sub {
    is 'content', content_of('file'), '';
    refused 'writing', scalar(sysopen my $file, 'file', O_WRONLY), EACCES;
  };
};

fact 'what is made in a directory inherits its default ACL', sub {
  must mkdir('d', 0755), 'mkdir';
  set_acl('d:u:1000:rwx,d:g::r-x,d:o::---', 'd');
  umask 0;
  put('d/file', '', 0666);
  must mkdir('d/directory', 0777), 'mkdir';
  is 'acl of the file', acl_of('d/file'), 'user::rw- user:1000:rwx #effective:rw- group::r-x #effective:r-- mask::rw- other::---';
  is 'acl of the directory', acl_of('d/directory'),
    'user::rwx user:1000:rwx group::r-x mask::rwx other::--- default:user::rwx default:user:1000:rwx default:group::r-x default:mask::rwx default:other::---';
};

fact 'an ACL that is taken off leaves the mode', sub {
  put('file', '', 0640);
  set_acl('u:1000:rw', 'file');
  must system('setfacl', '-b', 'file') == 0, 'setfacl -b';
  is 'acl', acl_of('file'), 'user::rw- group::r-- other::---';
  is 'attributes', join(',', attribute_names('file')), '';
};
