# Perl's hash as a program uses it.
#
# usage: perl_hash.pl SCENARIO [strings|integers]
# Scenarios: full, hollow, clear, reserve, churn, one, iterated, string-table, copied, many, capacity. B tells the
# buckets and the keys; the array's address is read from the head of the hash, struct hv of sv.h.
use strict;
use warnings;
use B;

use constant ENTRIES => 100_000;
use constant KEPT_OF => 50;
use constant ARRAY_OFFSET => 16;

my %make_key = (
    strings => sub { "session-$_[0]" },
    integers => sub { $_[0] },
);

sub array_address {
    my ($hash) = @_;
    return unpack("Q", unpack("P8", pack("Q", 0 + $hash + ARRAY_OFFSET)));
}

sub buckets {
    my ($hash) = @_;
    return B::svref_2object($hash)->MAX + 1;
}

sub print_truth {
    my ($hash, $verdict, $peak) = @_;
    printf "TRUTH {\"implementation\": \"Perl hash\", \"address\": \"%#x\", \"capacity\": %d, "
        . "\"live\": %d, \"peak\": %d, \"verdict\": \"%s\", \"snapshot\": \"signal\"}\n",
        array_address($hash), buckets($hash), scalar(keys %$hash), $peak, $verdict;
}

# Its address and its size can not be asked for: it holds the keys of the hash and some thousand
# names, and grows as a hash does.
sub print_string_table_truth {
    my ($hash) = @_;
    printf "TRUTH {\"implementation\": \"Perl string table\", \"capacity\": %d, \"live\": %d, "
        . "\"live_tolerance\": 2, \"verdict\": \"ok\", \"snapshot\": \"signal\"}\n",
        buckets($hash), scalar(keys %$hash);
}

sub fill {
    my ($key) = @_;
    my %table;
    $table{$key->($_)} = $_ for 0 .. ENTRIES - 1;
    return \%table;
}

sub print_capacities {
    my ($key) = @_;
    for my $live (500, 1365, 1366, 5461, 30_000) {
        my %table = map { $key->($_) => $_ } 0 .. ENTRIES - 1;
        delete $table{$key->($_)} for $live .. ENTRIES - 1;
        my $before = buckets(\%table);
        my %t = %table;
        undef %table;
        %table = %t;
        my $after = buckets(\%table);
        printf "CAPACITY %d %d %d %d %d Perl hash\n", $live, $before, $before * 8, $after,
            $after * 8;
    }
}

my ($scenario, $kind) = (@ARGV, "strings");
my $key = $make_key{$kind} or die "no such kind: $kind";
if ($scenario eq "capacity") {
    print_capacities($key);
    exit;
}
# Of two entries each that were 500.
if ($scenario eq "many") {
    my @tables = map { { map { $key->($_) => $_ } 0 .. 499 } } 1 .. 3000;
    for my $table (@tables) {
        delete $table->{$key->($_)} for 2 .. 499;
    }
    printf "MANY {\"implementation\": \"Perl hash\", \"tables\": %d, \"capacity\": %d, \"live\": 2, "
        . "\"verdicts\": [\"hollow\", \"over-reserved\"], \"snapshot\": \"signal\"}\n",
        scalar(@tables), buckets($tables[0]);
    kill USR2 => $$ if $ENV{HASHTRACK_SIGNAL};
    exit;
}
my ($table, $verdict, $peak) = ({}, "ok", ENTRIES);
if ($scenario eq "reserve") {
    keys(%$table) = ENTRIES;
    $table->{$key->($_)} = $_ for 0 .. 99;
    ($verdict, $peak) = ("over-reserved", 100);
} else {
    $table = fill($key);
}
my $copy;
if ($scenario eq "hollow" || $scenario eq "copied" || $scenario eq "string-table" || $scenario eq "iterated") {
    $_ % KEPT_OF and delete $table->{$key->($_)} for 0 .. ENTRIES - 1;
    $verdict = "hollow";
    $copy = {%$table} if $scenario eq "copied";
} elsif ($scenario eq "one") {
    delete $table->{$key->($_)} for 1 .. ENTRIES - 1;
    $verdict = "hollow";
} elsif ($scenario eq "clear") {
    %$table = ();
    $verdict = "hollow";
} elsif ($scenario eq "churn") {
    for (0 .. ENTRIES - 1) {
        delete $table->{$key->($_)};
        $table->{$key->($_ + ENTRIES)} = $_;
    }
} elsif ($scenario ne "full" && $scenario ne "reserve") {
    die "no such scenario: $scenario";
}
keys %$table if $scenario eq "iterated";
my @first = each %$table if $scenario eq "iterated";
print_truth($table, $verdict, $peak);
print_truth($copy, "ok", $peak) if $copy; # it has the buckets that it needs
print_string_table_truth($table) if $scenario eq "string-table";
kill USR2 => $$ if $ENV{HASHTRACK_SIGNAL};
