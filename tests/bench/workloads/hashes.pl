# Hashes under churn: hashes.pl ROUNDS.
use strict;
use warnings;

my $rounds = shift // 10;
my $sum = 0;
for my $round (1 .. $rounds) {
    my %count;
    for my $number (1 .. 60000) {
        $count{"word " . ($number * 7919 % 40009)} += $number;
    }
    my @sorted = sort { $count{$b} <=> $count{$a} } keys %count;
    my %inner;
    push @{$inner{length $_}{substr $_, -2}}, $_ for @sorted;
    delete @count{@sorted[0 .. $#sorted - 10]};
    my $text = join ",", @sorted;
    $sum += length($text) + keys(%count);
    $sum += () = $text =~ /word 1\d+/g;
}
print "$sum\n";
