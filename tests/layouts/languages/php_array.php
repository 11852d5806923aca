<?php
// PHP's array with keys as a program uses it. USE_ZEND_ALLOC must be 0, or nothing of it is seen.
//
// usage: php_array.php SCENARIO [strings|integers|objects|properties]
// Scenarios: full, hollow, empty, one, churn, freed, capacity. PHP tells neither the address nor the
// size of an array: the size is what Zend/zend_hash.c makes of the entries, a power of two that no
// other array of the program has.

const ENTRIES = 60000;
const CAPACITY = 65536;
const KEPT_OF = 50;
const NAME = "PHP array (zend_array)";

// Downwards: an array that is filled upwards from 0 is a vector to PHP.
function key_of(string $kind, int $i): int|string
{
    return $kind === "integers" ? (2 * ENTRIES - $i) * 3 : "session-$i";
}

function fill(string $kind): array
{
    $table = [];
    for ($i = 0; $i < ENTRIES; $i++) {
        $table[key_of($kind, $i)] = $kind === "objects" ? new stdClass : $i;
    }
    return $table;
}

function print_truth(array $truth): void
{
    $truth += ["implementation" => NAME, "capacity" => CAPACITY, "peak" => ENTRIES,
        "snapshot" => "signal"];
    echo "TRUTH ", json_encode($truth, JSON_UNESCAPED_SLASHES), "\n";
}

// What PHP's own allocator gave: an array is 40 bytes an entry and its object.
function measure(callable $make): int
{
    $before = memory_get_usage();
    $made = $make();
    return memory_get_usage() - $before - 56;
}

function capacity_of(int $bytes): int
{
    return 2 ** (int) floor(log($bytes / 40, 2));
}

function print_capacities(): void
{
    foreach ([100, 512, 513, 5000, 20000] as $live) {
        $table = [];
        $before = measure(function () use (&$table) {
            $table = fill("integers");
        });
        for ($i = $live; $i < ENTRIES; $i++) {
            unset($table[key_of("integers", $i)]);
        }
        $after = measure(function () use ($table) {
            $n = [];
            foreach ($table as $k => $v) {
                $n[$k] = $v;
            }
            return $n;
        });
        printf("CAPACITY %d %d %d %d %d %s\n", $live, capacity_of($before), $before,
            capacity_of($after), $after, NAME);
    }
}

function hollow_object(): stdClass
{
    $object = new stdClass;
    for ($i = 0; $i < ENTRIES; $i++) {
        $object->{"session-$i"} = $i;
    }
    for ($i = 0; $i < ENTRIES; $i++) {
        if ($i % KEPT_OF) {
            unset($object->{"session-$i"});
        }
    }
    return $object;
}

[, $scenario, $kind] = $argv + [null, "hollow", "strings"];
if ($scenario === "capacity") {
    if (getenv("USE_ZEND_ALLOC") === "0") { // malloc does not tell what it gave
        pcntl_exec(PHP_BINARY, $argv, ["USE_ZEND_ALLOC" => "1"]);
    }
    print_capacities();
    exit(0);
}
if (!extension_loaded("posix") || !extension_loaded("pcntl")) {
    fwrite(STDERR, "this PHP cannot send itself a signal\n");
    exit(77);
}
$table = $kind === "properties" ? [] : fill($kind);
$truth = ["verdict" => "hollow"];
switch ($scenario) {
    case "full":
        $truth = ["verdict" => "ok", "tombstones" => 0];
        break;
    case "hollow":
    case "freed":
        if ($kind === "properties") {
            $object = hollow_object();
            $truth += ["live" => ENTRIES / KEPT_OF];
            break;
        }
        for ($i = 0; $i < ENTRIES; $i++) {
            if ($i % KEPT_OF) {
                unset($table[key_of($kind, $i)]);
            }
        }
        // What is behind the last entry counts as free again.
        $truth += ["tombstones" => ENTRIES - KEPT_OF + 1 - count($table)];
        break;
    case "empty":
    case "one":
        for ($i = $scenario === "one" ? 1 : 0; $i < ENTRIES; $i++) {
            unset($table[key_of($kind, $i)]);
        }
        $truth += ["tombstones" => 0];
        break;
    case "churn":
        for ($i = 0; $i < ENTRIES; $i++) {
            unset($table[key_of($kind, $i)]);
            $table[key_of($kind, $i + ENTRIES)] = $i;
        }
        $truth = ["verdict" => "ok"];
        break;
    default:
        exit("no such scenario: $scenario\n");
}
$truth += ["live" => count($table)];
print_truth($truth);
if ($scenario === "freed") {
    print_truth(["snapshot" => "exit", "freed" => true] + $truth);
}
if (getenv("HASHTRACK_SIGNAL")) {
    posix_kill(getmypid(), SIGUSR2);
}
