# Files mapped into memory, which needs a mount with a cache.

my ($PROT_READ, $PROT_WRITE, $MAP_SHARED, $MS_SYNC) = (1, 2, 1, 4);

# Maps $length bytes of the file, shared; returns the address.
sub mapped {
  my ($file, $length, $protection) = @_;
  my $address = syscall $SYS{mmap}, 0, $length, $protection, $MAP_SHARED, fileno $file, 0;
  must $address != -1, 'mmap';
  return $address;
}
sub bytes_at { my ($address, $length) = @_; return unpack "P$length", pack 'Q', $address }
# Lets read(2) store into the mapping, since perl itself cannot.
sub store {
  my ($address, $bytes) = @_;
  pipe my $reader, my $writer or die;
  syswrite $writer, $bytes;
  is 'count stored', syscall($SYS{read}, fileno $reader, $address, length $bytes), length $bytes;
}

fact 'a mapping shows the content, and zeros behind its end', sub {
  my $bytes = join '', map { chr($_ * 7 % 256) } 0 .. 9_999;
  put('file', $bytes);
  my $address = mapped(opened('file', O_RDONLY), 12_288, $PROT_READ);
  ok 'content', bytes_at($address, 10_000) eq $bytes;
  ok 'zeros behind it', bytes_at($address, 12_288) eq $bytes . "\0" x 2_288;
};

fact 'what is stored into a shared mapping is in the file, for others too', sub {
  put('mapped', 'x' x 8_192);
  my $file = opened('mapped', O_RDWR);
  my $address = mapped($file, 8_192, $PROT_READ | $PROT_WRITE);
  store($address + 4_090, 'through the mapping');
  must call('msync', $address, 8_192, $MS_SYNC), 'msync';
  my $wanted = 'x' x 4_090 . 'through the mapping' . 'x' x (8_192 - 4_109);
  ok 'content', content_of('mapped') eq $wanted;
  is 'size', see('mapped')->{size}, 8_192;
};

fact 'what is stored into a mapping of a file without a name is there until it is closed', sub {
  put('file', 'x' x 4_096);
  my $file = opened('file', O_RDWR);
  my $address = mapped($file, 4_096, $PROT_READ | $PROT_WRITE);
  must unlink('file'), 'unlink';
  store($address, 'still here');
  must call('msync', $address, 4_096, $MS_SYNC), 'msync';
  is 'content', substr(content_of($file), 0, 10), 'still here';
};
