# A hash that was swept, for check_program.py. An array and a full hash beside it.
# usage: sweep.pl hollow | fixed
use strict;
use warnings;
use Hash::Util qw(bucket_ratio);

our (%sessions, %full, @numbers);

# sv.h: the third word of a hash is HvARRAY, of an array AvARRAY.
sub words_of {
    my ($reference) = @_;
    return unpack 'x16 Q', unpack 'P24', pack 'Q', 0 + $reference;
}

sub describe {
    my ($hash, $verdict) = @_;
    my ($used, $buckets) = split m{/}, bucket_ratio(%$hash);
    printf qq(TRUTH {"implementation": "Perl hash", "address": "0x%x", "capacity": %d, "live": %d, )
        . qq("verdict": "%s"}\n), words_of($hash), $buckets, scalar keys %$hash, $verdict;
}

# Arrays of buckets this large are mappings of their own, so that freeing one shows here.
sub mapped_bytes {
    open my $statm, '<', '/proc/self/statm' or die "/proc/self/statm: $!";
    return 4096 * (split ' ', <$statm>)[0];
}

$sessions{$_} = $_ for 1 .. 300_000;
delete $sessions{$_} for 3_001 .. 300_000;
if ($ARGV[0] eq 'fixed') {
    { my %rehearsal = %sessions; } # the entries' copies have their room in the heap from here on
    my $before = mapped_bytes();
    my %fresh = %sessions;
    undef %sessions;
    print 'GAVE_BACK Perl hash ', $before - mapped_bytes(), "\n";
    exit;
}
$full{"name-$_"} = $_ for 1 .. 200_000;
push @numbers, $_ * 1.5 for 1 .. 600_000;
describe(\%sessions, 'hollow');
describe(\%full, 'ok');
printf qq(DECOY {"what": "an array", "address": "0x%x"}\n), words_of(\@numbers);
