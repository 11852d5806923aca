# Ruby's Hash, and the st_table behind it, as a program uses it.
#
# usage: ruby_hash.rb SCENARIO [integers|strings|identity]
# Scenarios: full, hollow, one, clear, churn, queue (added at one end, shifted off the other),
# symbols (the interpreter's own table of them), copied, threads, many, capacity. The table is read from memory, laid out as
# in include/ruby/st.h. A Ruby whose Hash shrinks on delete has nothing hollow to show: then "ok" is
# the truth.
require "fiddle"

ENTRIES = 50_000
KEPT_OF = 50
NAME = "Ruby Hash (st_table)"

KEY_OF = {
  "integers" => ->(i) { i },
  "strings" => ->(i) { "session-#{i}" },
  "identity" => ->(i) { i * 2 },
}.freeze

# Where struct st_table is, in struct RHash of internal/hash.h: behind a pointer until Ruby 3.2, then
# in the Hash itself.
def table_of(hash)
  object = Fiddle.dlwrap(hash)
  RUBY_VERSION >= "3.3" ? object + 24 : word_at(object + 16)
end

def word_at(address)
  Fiddle::Pointer.new(address)[0, 8].unpack1("Q")
end

def describe(hash)
  table = table_of(hash)
  capacity = 1 << Fiddle::Pointer.new(table)[0, 1].unpack1("C")
  {"implementation" => NAME, "address" => format("%#x", word_at(table + 48)),
   "other_addresses" => [format("%#x", word_at(table + 24))], "capacity" => capacity,
   "live" => hash.size, "tombstones" => word_at(table + 40) - hash.size}
end

def bytes_of(hash)
  capacity = describe(hash)["capacity"]
  bin = capacity <= 128 ? 1 : capacity <= 32_768 ? 2 : 4
  capacity * (24 + 2 * bin)
end

def snapshot(label)
  handle = Fiddle::Handle::DEFAULT
  Fiddle::Function.new(handle["hashtrack_snapshot"], [Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT).call(label)
rescue Fiddle::DLError
  nil # not preloaded
end

def json(truth)
  truth.map { |name, value|
    text = value.is_a?(Array) ? "[#{value.map { |one| "\"#{one}\"" }.join(", ")}]" :
           value.is_a?(String) ? "\"#{value}\"" : value.to_s
    "\"#{name}\": #{text}"
  }.join(", ")
end

def fill(key)
  table = {}
  ENTRIES.times { |i| table[key.(i)] = i }
  table
end

def print_capacities(key)
  [500, 1023, 1024, 5000, 12_000].each do |live|
    table = fill(key)
    (live...ENTRIES).each { |i| table.delete(key.(i)) }
    before, bytes_before = describe(table)["capacity"], bytes_of(table)
    table.rehash
    puts "CAPACITY #{live} #{before} #{bytes_before} #{describe(table)["capacity"]} " \
         "#{bytes_of(table)} #{NAME}"
  end
end

scenario, kind = ARGV
key = KEY_OF.fetch(kind || "integers")
if scenario == "capacity"
  print_capacities(key)
  exit
end

def verdict_of(truth)
  truth["live"] * 4 < truth["capacity"] ? "hollow" : "ok"
end

def sweep(table, key)
  ENTRIES.times { |i| table.delete(key.(i)) if i % KEPT_OF != 0 }
  table
end

# Several tables, each with its truth.
if %w[copied threads].include?(scenario)
  tables = scenario == "threads" ? Array.new(4) { Thread.new { sweep(fill(key), key) } }.map(&:value) :
           [sweep(fill(key), key)]
  tables << tables[0].dup if scenario == "copied" # an array as large, with the deleted entries in it
  tables.map { |table| describe(table) }.each do |truth|
    more = {"verdict" => verdict_of(truth), "peak" => ENTRIES, "snapshot" => "end"}
    puts "TRUTH {#{json(truth.merge(more))}}"
  end
  $stdout.flush
  snapshot("end")
  exit
end

# Of two entries each that were 300.
if scenario == "many"
  tables = Array.new(3000) do
    table = {}
    300.times { |i| table[key.(i)] = i }
    (2...300).each { |i| table.delete(key.(i)) }
    table
  end
  truth = describe(tables[0])
  puts "MANY {\"implementation\": \"#{NAME}\", \"tables\": #{tables.size}, " \
       "\"capacity\": #{truth["capacity"]}, \"live\": 2, \"verdicts\": " \
       "[\"#{verdict_of(truth)}\"], \"snapshot\": \"end\"}"
  $stdout.flush
  snapshot("end")
  exit
end

table = {}
table.compare_by_identity if kind == "identity"
peak = ENTRIES
ENTRIES.times { |i| table[key.(i)] = i }
case scenario
when "full"
when "hollow" then sweep(table, key)
when "one" then (1...ENTRIES).each { |i| table.delete(key.(i)) }
when "clear" then table.clear
when "queue"
  (ENTRIES..(3 * ENTRIES)).each { |i| table[key.(i)] = i; table.shift }
  peak += 1
when "churn"
  ENTRIES.times do |i|
    table.delete(key.(i))
    table[key.(i + ENTRIES)] = i
  end
when "symbols" then symbols = Array.new(2 * ENTRIES) { |i| :"session#{i}" }
else abort "no such scenario: #{scenario}"
end
truth = describe(table)
truth["verdict"] = verdict_of(truth)
puts "TRUTH {#{json(truth.merge("peak" => peak, "snapshot" => "end"))}}"
if symbols
  # Neither its address nor its number of entries can be asked for.
  puts "TRUTH {#{json("implementation" => NAME, "capacity" => 2 * truth["capacity"],
                      "live" => symbols.size, "live_tolerance" => 0.1, "verdict" => "ok",
                      "snapshot" => "end")}}"
end
$stdout.flush
snapshot("end")
