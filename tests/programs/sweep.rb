# A Hash that was swept, for check_program.py. A full one and an Array beside it.
# usage: sweep.rb hollow | fixed
# Since Ruby's bug 19969 (3.1.7, 3.3) a Hash gives its room back while entries are deleted: then
# nothing is hollow, and there is nothing to fix.
require 'objspace'

NAME = 'Ruby Hash (st_table)'

def describe(hash, verdict)
  puts %(TRUTH {"implementation": "#{NAME}", "live": #{hash.size}, "verdict": "#{verdict}"})
end

$sessions = {}
300_000.times { |i| $sessions[i] = i }
most = ObjectSpace.memsize_of($sessions)
(300_000 - 3_000).times { |i| $sessions.delete(i) }
swept = ObjectSpace.memsize_of($sessions)
if ARGV[0] == 'fixed'
  if swept < most
    warn 'the Hash of this Ruby shrinks by itself'
    exit 77
  end
  $sessions.rehash
  puts "GAVE_BACK #{NAME} #{swept - ObjectSpace.memsize_of($sessions)}"
  exit
end
$full = {}
150_000.times { |i| $full["name-#{i}"] = i }
$numbers = Array.new(600_000) { |i| i * 1.5 }
describe($sessions, swept < most ? 'ok' : 'hollow')
describe($full, 'ok')
