# A Ruby process with large hashes, threads, garbage collection and children, for real_programs.sh.
table = {}
200_000.times { |i| table[i] = i.to_s }
199_000.times { |i| table.delete(i) }
puts table.size

sizes = Array.new(6) { Thread.new { Hash[(0...20_000).map { |i| [i, i] }].size } }.map(&:value)
puts sizes.inspect
GC.start
GC.compact if GC.respond_to?(:compact)
puts `echo backticks`, $?.exitstatus
child = fork { exit!((0...20_000).to_h { |i| [i, i] }.size == 20_000 ? 6 : 1) }
Process.wait(child)
puts $?.exitstatus
at_exit { puts "at_exit" }
exit 8
