# Hashes and an Array, for check_program.py. A Hash gives its room back while entries are deleted,
# which is asserted below, so that nothing is hollow; hashtrack knows no layout of it.
# usage: sweep.rb hollow
require 'objspace'

$sessions = {}
300_000.times { |i| $sessions[i] = i }
before = ObjectSpace.memsize_of($sessions)
(300_000 - 3_000).times { |i| $sessions.delete(i) }
abort 'this Ruby keeps what a Hash once had' if ObjectSpace.memsize_of($sessions) > before / 10
$full = {}
150_000.times { |i| $full["name-#{i}"] = i }
$numbers = Array.new(600_000) { |i| i * 1.5 }
puts %(TRUTH {"implementation": "unknown", "live": #{$full.size}, "verdict": "ok"})
