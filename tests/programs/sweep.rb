# Hashes and an Array, for check_program.py. Since Ruby's bug 19969 (3.1.7, 3.3) a Hash gives its room
# back while entries are deleted, so that nothing is hollow; hashtrack knows no layout of it. An older
# Ruby keeps the room: skipped, for there a finding would be right and silence would be, too.
# usage: sweep.rb hollow
require 'objspace'

$sessions = {}
300_000.times { |i| $sessions[i] = i }
before = ObjectSpace.memsize_of($sessions)
(300_000 - 3_000).times { |i| $sessions.delete(i) }
if ObjectSpace.memsize_of($sessions) > before / 10
  warn 'this Ruby keeps what a Hash once had'
  exit 77
end
$full = {}
150_000.times { |i| $full["name-#{i}"] = i }
$numbers = Array.new(600_000) { |i| i * 1.5 }
puts %(TRUTH {"implementation": "unknown", "live": #{$full.size}, "verdict": "ok"})
