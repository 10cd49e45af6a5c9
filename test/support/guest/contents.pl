#!/usr/bin/perl
# Prints what the regular files of a tree hold, one line a file that holds anything: path and content in hex digits, the
# zeros that it ends with cut off. Goes down by chdir, so paths may be longer than PATH_MAX.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode);

sub show {
  my ($name, $path) = @_;
  my $mode = (lstat $name)[2] // die "Cannot stat $path: $!";
  if (S_ISREG($mode) and -s _) {
    sysopen my $file, $name, O_RDONLY or die "Cannot open $path: $!";
    my $content = '';
    while (1) {
      my $count = sysread($file, $content, 1 << 20, length $content) // die "Cannot read $path: $!";
      last if $count == 0;
    }
    $content =~ s/\0+\z//;
    print unpack('H*', $path), ' ', unpack('H*', $content), "\n";
  }
  return unless S_ISDIR($mode);
  opendir my $directory, $name or die "Cannot read the directory $path: $!";
  my @names = sort grep { $_ ne '.' && $_ ne '..' } readdir $directory;
  closedir $directory;
  chdir $name or die "Cannot enter $path: $!";
  show($_, $path eq '' ? $_ : "$path/$_") for @names;
  chdir '..' or die "Cannot leave $path: $!" unless $name eq '.';
}

chdir $ARGV[0] or die "Cannot enter $ARGV[0]: $!";
show('.', '');
