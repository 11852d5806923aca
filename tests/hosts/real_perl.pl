# A Perl process with large hashes, children and a failing end, for real_programs.sh.
use strict;
use warnings;

my %table = map { ("key$_" => $_) } 1 .. 100_000;
delete $table{"key$_"} for 1 .. 99_000;
print scalar(keys %table), "\n";
my %counts;
$counts{$_ % 777}++ for 1 .. 200_000;
print join(",", (sort { $a <=> $b } keys %counts)[0 .. 4]), "\n";

my $child = fork // die "fork: $!";
if ($child == 0) {
    my %own = map { ($_ => 1) } 1 .. 20_000;
    exit(scalar(keys %own) == 20_000 ? 6 : 1);
}
waitpid($child, 0);
print "child: ", $? >> 8, "\n";
print `echo backticks`, "status $?\n";
opendir(my $directory, "/proc/self/fd") or die;
print join(" ", sort grep { !/^\./ } readdir $directory), "\n";
exit 9;
